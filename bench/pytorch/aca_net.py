"""ACA-Net in PyTorch: what a PyTorch user would train, and what acanet is timed against.

Yip et al., "ACA-Net: Towards Lightweight Speaker Verification using Asymmetric Cross Attention" (Interspeech 2023).
A fixed set of latent vectors asks the frames (cross-attention), then itself (a latent transformer), in blocks; the
latents, reduced to one number each, are the embedding. The released configuration has 4,553,601 parameters.

Layouts: features [B, T, F]; frames [B, E, T] in convolutions and [T, B, E] in attention; latents [L, B, E].
Parameter names are those of the released weights. Of the authors' heads only `1dE` (convolution over E) is here.
NOTE: the released code indexes its positional table by the utterance's row in the batch, not by time:
`positional="reference"` does the same, `"time"` what was meant. Their costs are equal.
"""

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F


class CrossAttention(nn.Module):
    """Attention and MLP, each with a residual. Only keys and values are normalised; the query enters raw."""

    def __init__(self, embed_dim: int, mlp_dim: int, heads: int, dropout: float):
        super().__init__()
        self.lnorm1 = nn.LayerNorm(embed_dim)
        self.attn = nn.MultiheadAttention(embed_dim, heads)
        self.lnorm2 = nn.LayerNorm(embed_dim)
        self.linear1 = nn.Linear(embed_dim, mlp_dim)
        self.linear2 = nn.Linear(mlp_dim, embed_dim)
        self.dropout = nn.Dropout(dropout)

    def forward(self, source: Tensor, query: Tensor) -> Tensor:  # [S, B, E], [L, B, E] -> [L, B, E]
        source = self.lnorm1(source)
        attended, _ = self.attn(query, source, source)
        x = query + attended
        return x + self.dropout(self.linear2(F.gelu(self.linear1(self.lnorm2(x)))))


class LatentTransformer(nn.Module):
    """Self-attention layers whose input and outputs are all kept, concatenated and reduced to E channels."""

    def __init__(self, embed_dim: int, mlp_dim: int, heads: int, layers: int, dropout: float):
        super().__init__()
        self.transformer = nn.ModuleList(
            [CrossAttention(embed_dim, mlp_dim, heads, dropout) for _ in range(layers)]
        )
        self.ch_reduction = nn.Conv1d(embed_dim * (layers + 1), embed_dim, 1)

    def forward(self, latents: Tensor) -> Tensor:  # [L, B, E] -> [L, B, E]
        stages = [latents]
        for layer in self.transformer:
            stages.append(layer(stages[-1], stages[-1]))
        stacked = torch.cat(stages, dim=2).permute(1, 2, 0)  # [B, E * (layers + 1), L]
        return F.relu(self.ch_reduction(stacked)).permute(2, 0, 1)


class AcaBlock(nn.Module):
    """The latents ask the frames `embed_reps` times (one head, own weights each time), then themselves."""

    def __init__(
        self,
        embed_dim: int,
        embed_reps: int,
        attn_mlp_dim: int,
        trnfr_mlp_dim: int,
        trnfr_heads: int,
        dropout: float,
        trnfr_layers: int,
    ):
        super().__init__()
        self.cross_attention = nn.ModuleList(
            [CrossAttention(embed_dim, attn_mlp_dim, 1, dropout) for _ in range(embed_reps)]
        )
        self.latent_transformer = LatentTransformer(embed_dim, trnfr_mlp_dim, trnfr_heads, trnfr_layers, dropout)

    def forward(self, frames: Tensor, latents: Tensor) -> Tensor:  # [T, B, E], [L, B, E] -> [L, B, E]
        for layer in self.cross_attention:
            latents = layer(frames, latents)
        return self.latent_transformer(latents)


class PointwiseConv(nn.Module):
    """A convolution of kernel 1; its name nests because the released weights' names do."""

    def __init__(self, in_channels: int, out_channels: int):
        super().__init__()
        self.conv = nn.Conv1d(in_channels, out_channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        return self.conv(x)


class BatchNorm(nn.Module):
    """BatchNorm1d over axis 1, nested for the same reason."""

    def __init__(self, channels: int):
        super().__init__()
        self.norm = nn.BatchNorm1d(channels)

    def forward(self, x: Tensor) -> Tensor:
        return self.norm(x)


class ChannelExpansion(nn.Module):
    """Features to frames of the embedding's width: convolution, ReLU, batch normalisation."""

    def __init__(self, in_channels: int, out_channels: int):
        super().__init__()
        self.conv = PointwiseConv(in_channels, out_channels)
        self.norm = BatchNorm(out_channels)

    def forward(self, x: Tensor) -> Tensor:  # [B, F, T] -> [B, E, T]
        return self.norm(F.relu(self.conv(x)))


def sinusoids(length: int, width: int) -> Tensor:
    """The positional table of "Attention is all you need": sines in even columns, cosines in odd ones. [length, width]"""
    position = torch.arange(length).float().unsqueeze(1)
    frequency = torch.exp(torch.arange(0, width, 2).float() * (-math.log(10000.0) / width))
    table = torch.zeros(length, width)
    table[:, 0::2] = torch.sin(position * frequency)
    table[:, 1::2] = torch.cos(position * frequency)
    return table


class AcaNet(nn.Module):
    """[B, T, ch_in] -> [B, latent_dim]. The defaults are the released configuration."""

    def __init__(
        self,
        ch_in: int = 80,
        latent_dim: int = 192,
        embed_dim: int = 256,
        embed_reps: int = 2,
        attn_mlp_dim: int = 256,
        trnfr_mlp_dim: int = 256,
        trnfr_heads: int = 8,
        dropout: float = 0.2,
        trnfr_layers: int = 3,
        n_blocks: int = 2,
        max_len: int = 10000,
        final_layer: str = "1dE",
        *,
        positional: str = "time",
    ):
        super().__init__()
        if final_layer != "1dE":
            raise ValueError(f'final_layer: only "1dE" is implemented here, got "{final_layer}"')
        if positional not in ("time", "reference"):
            raise ValueError(f'positional: expected "time" or "reference", got "{positional}"')
        self.positional = positional
        self.latent = nn.Parameter(nn.init.trunc_normal_(torch.empty(latent_dim, 1, embed_dim), std=0.02))
        self.ch_expansion = ChannelExpansion(ch_in, embed_dim)
        self.register_buffer("positions", sinusoids(max_len, embed_dim), persistent=False)  # [max_len, E]
        self.ACA_blocks = nn.ModuleList(
            [
                AcaBlock(embed_dim, embed_reps, attn_mlp_dim, trnfr_mlp_dim, trnfr_heads, dropout, trnfr_layers)
                for _ in range(n_blocks)
            ]
        )
        self.ch_compression = nn.Conv1d(embed_dim, 1, 1)
        self.final_norm = BatchNorm(latent_dim)

    def forward(self, features: Tensor) -> Tensor:
        x = self.ch_expansion(features.transpose(1, 2))  # [B, E, T]
        frames = x.permute(2, 0, 1)  # [T, B, E]
        if self.positional == "time":
            frames = frames + self.positions[: frames.shape[0]].unsqueeze(1)
        else:
            frames = frames + self.positions[: frames.shape[1]].unsqueeze(0)
        latents = self.latent.expand(-1, frames.shape[1], -1)  # [L, B, E]
        for block in self.ACA_blocks:
            latents = block(frames, latents)
        return self.final_norm(self.ch_compression(latents.permute(1, 2, 0)).squeeze(1))  # [B, L]
