"""The same models, tuned by hand as PyTorch's best users tune them: fewer passes and copies, the same parameters.

`tune` turns a model of aca_net.py or ecapa_tdnn.py into its fast variant in place, so that weights stay what they are.

ACA-Net: everything is batch first, [B, T, E] and [B, L, E], so that nothing is permuted between layers. Attention is
`scaled_dot_product_attention`, keys and values come out of one product, convolutions of kernel 1 are linear maps.
ECAPA-TDNN: the attention's context is not spread over time. Its convolution over [x, mean, deviation] is one of x plus
one of the two vectors of an utterance.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from aca_net import AcaNet, CrossAttention, LatentTransformer
from ecapa_tdnn import VARIANCE_FLOOR, AttentiveStatisticsPooling, EcapaTdnn


def pointwise(x: Tensor, convolution: nn.Conv1d) -> Tensor:
    """A convolution of kernel 1 over [B, N, C], channels last."""
    return F.linear(x, convolution.weight.squeeze(2), convolution.bias)


class FastCrossAttention(CrossAttention):
    def forward(self, source: Tensor, query: Tensor) -> Tensor:  # [B, S, E], [B, L, E] -> [B, L, E]
        attention = self.attn
        width, heads = attention.embed_dim, attention.num_heads
        query_weight, memory_weight = attention.in_proj_weight.split([width, 2 * width])
        query_bias, memory_bias = attention.in_proj_bias.split([width, 2 * width])

        def by_head(x: Tensor) -> Tensor:  # [B, N, E] -> [B, heads, N, E / heads], a view
            return x.unflatten(2, (heads, width // heads)).transpose(1, 2)

        keys, values = F.linear(self.lnorm1(source), memory_weight, memory_bias).split(width, dim=2)
        queries = F.linear(query, query_weight, query_bias)
        heard = F.scaled_dot_product_attention(by_head(queries), by_head(keys), by_head(values))
        x = query + attention.out_proj(heard.transpose(1, 2).flatten(2))
        return x + self.dropout(self.linear2(F.gelu(self.linear1(self.lnorm2(x)))))


class FastLatentTransformer(LatentTransformer):
    def forward(self, latents: Tensor) -> Tensor:  # [B, L, E] -> [B, L, E]
        stages = [latents]
        for layer in self.transformer:
            stages.append(layer(stages[-1], stages[-1]))
        return F.relu(pointwise(torch.cat(stages, dim=2), self.ch_reduction))


class FastAcaNet(AcaNet):
    def forward(self, features: Tensor) -> Tensor:
        batch, frames, _ = features.shape
        expansion = self.ch_expansion
        x = F.relu(pointwise(features, expansion.conv.conv))  # [B, T, E]
        x = expansion.norm.norm(x.flatten(0, 1)).unflatten(0, (batch, frames))
        positions = self.positions[:frames] if self.positional == "time" else self.positions[:batch, None]
        x = x + positions
        latents = self.latent.transpose(0, 1).expand(batch, -1, -1)
        for block in self.ACA_blocks:
            latents = block(x, latents)
        return self.final_norm(pointwise(latents, self.ch_compression).squeeze(2))


class FastAttentiveStatisticsPooling(AttentiveStatisticsPooling):
    def forward(self, x: Tensor) -> Tensor:  # [B, C, T] -> [B, 2C, 1]
        convolution = self.tdnn.conv.conv
        if self.global_context:
            channels = x.shape[1]
            mean = x.mean(dim=2, keepdim=True)
            deviation = (x - mean).square().mean(dim=2, keepdim=True).clamp(min=VARIANCE_FLOOR).sqrt()
            own, shared = convolution.weight.split([channels, 2 * channels], dim=1)
            heard = F.conv1d(x, own) + F.conv1d(torch.cat([mean, deviation], dim=1), shared, convolution.bias)
        else:
            heard = convolution(x)
        weights = torch.softmax(self.conv(torch.tanh(self.tdnn.norm(F.relu(heard)))), dim=2)
        mean = (weights * x).sum(dim=2, keepdim=True)
        deviation = (weights * (x - mean).square()).sum(dim=2, keepdim=True).clamp(min=VARIANCE_FLOOR).sqrt()
        return torch.cat([mean, deviation], dim=1)


FAST = {
    AcaNet: FastAcaNet,
    CrossAttention: FastCrossAttention,
    LatentTransformer: FastLatentTransformer,
    AttentiveStatisticsPooling: FastAttentiveStatisticsPooling,
}


def tune(model: AcaNet | EcapaTdnn) -> AcaNet | EcapaTdnn:
    """Makes `model` its fast variant, and returns it."""
    for module in model.modules():
        module.__class__ = FAST.get(type(module), type(module))
    return model
