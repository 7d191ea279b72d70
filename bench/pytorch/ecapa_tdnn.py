"""ECAPA-TDNN in PyTorch, in SpeechBrain's structure: what acanet's baseline is timed against.

Desplanques et al., "ECAPA-TDNN: Emphasized Channel Attention, Propagation and Aggregation in TDNN Based Speaker
Verification" (Interspeech 2020). Convolutions pad by reflection (so T must exceed each one's half width), activation
comes before batch normalisation, the aggregated features (MFA) are normalised too, pooled statistics are biased.

Layouts: features [B, T, F], everything inside [B, C, T]. Parameter names are those of SpeechBrain's weights.
Utterances of one batch are of one length here: there is no length mask, which also spares the work of an all-ones one.
Parameters at 80 bins: C = 512, MFA 1536: 6,194,048; C = 1024, MFA 3072: 20,767,552.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

VARIANCE_FLOOR = 1e-12  # below it the gradient of the square root explodes


class Convolution(nn.Module):
    """Conv1d that keeps the length by reflecting its input at both ends; its name nests as SpeechBrain's do."""

    def __init__(self, in_channels: int, out_channels: int, kernel_size: int = 1, dilation: int = 1, groups: int = 1):
        super().__init__()
        self.conv = nn.Conv1d(
            in_channels,
            out_channels,
            kernel_size,
            padding=dilation * (kernel_size - 1) // 2,
            padding_mode="reflect",
            dilation=dilation,
            groups=groups,
        )

    def forward(self, x: Tensor) -> Tensor:
        return self.conv(x)


class BatchNorm(nn.Module):
    """BatchNorm1d over axis 1, nested for the same reason."""

    def __init__(self, channels: int):
        super().__init__()
        self.norm = nn.BatchNorm1d(channels)

    def forward(self, x: Tensor) -> Tensor:
        return self.norm(x)


class TdnnBlock(nn.Module):
    """Convolution over time, ReLU, batch normalisation."""

    def __init__(self, in_channels: int, out_channels: int, kernel_size: int = 1, dilation: int = 1, groups: int = 1):
        super().__init__()
        self.conv = Convolution(in_channels, out_channels, kernel_size, dilation, groups)
        self.norm = BatchNorm(out_channels)

    def forward(self, x: Tensor) -> Tensor:
        return self.norm(F.relu(self.conv(x)))


class Res2NetBlock(nn.Module):
    """Channel groups in a chain: the first passes, each later one is convolved together with its neighbour's output."""

    def __init__(self, channels: int, scale: int, kernel_size: int, dilation: int):
        super().__init__()
        width = channels // scale
        self.scale = scale
        self.blocks = nn.ModuleList([TdnnBlock(width, width, kernel_size, dilation) for _ in range(scale - 1)])

    def forward(self, x: Tensor) -> Tensor:
        first, second, *rest = x.chunk(self.scale, dim=1)
        outputs = [first, self.blocks[0](second)]
        for block, group in zip(self.blocks[1:], rest):
            outputs.append(block(group + outputs[-1]))
        return torch.cat(outputs, dim=1)


class SqueezeExcitation(nn.Module):
    """Scales every channel by a gate computed from all channels' means over time."""

    def __init__(self, channels: int, bottleneck: int):
        super().__init__()
        self.conv1 = Convolution(channels, bottleneck)
        self.conv2 = Convolution(bottleneck, channels)

    def forward(self, x: Tensor) -> Tensor:
        mean = x.mean(dim=2, keepdim=True)  # [B, C, 1]
        return x * torch.sigmoid(self.conv2(F.relu(self.conv1(mean))))


class SeRes2NetBlock(nn.Module):
    """Pointwise, Res2Net, pointwise, squeeze-excitation, around a residual."""

    def __init__(
        self, in_channels: int, out_channels: int, scale: int, se_channels: int, kernel_size: int, dilation: int
    ):
        super().__init__()
        self.tdnn1 = TdnnBlock(in_channels, out_channels)
        self.res2net_block = Res2NetBlock(out_channels, scale, kernel_size, dilation)
        self.tdnn2 = TdnnBlock(out_channels, out_channels)
        self.se_block = SqueezeExcitation(out_channels, se_channels)
        self.shortcut = Convolution(in_channels, out_channels) if in_channels != out_channels else nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        return self.se_block(self.tdnn2(self.res2net_block(self.tdnn1(x)))) + self.shortcut(x)


class AttentiveStatisticsPooling(nn.Module):
    """Mean and standard deviation over time, each channel weighting the frames for itself."""

    def __init__(self, channels: int, attention_channels: int, global_context: bool):
        super().__init__()
        self.global_context = global_context
        self.tdnn = TdnnBlock(channels * (3 if global_context else 1), attention_channels)
        self.conv = Convolution(attention_channels, channels)

    def forward(self, x: Tensor) -> Tensor:  # [B, C, T] -> [B, 2C, 1]
        context = x
        if self.global_context:
            mean = x.mean(dim=2, keepdim=True)
            deviation = (x - mean).square().mean(dim=2, keepdim=True).clamp(min=VARIANCE_FLOOR).sqrt()
            context = torch.cat([x, mean.expand_as(x), deviation.expand_as(x)], dim=1)  # [B, 3C, T]
        weights = torch.softmax(self.conv(torch.tanh(self.tdnn(context))), dim=2)  # [B, C, T]
        mean = (weights * x).sum(dim=2, keepdim=True)
        deviation = (weights * (x - mean).square()).sum(dim=2, keepdim=True).clamp(min=VARIANCE_FLOOR).sqrt()
        return torch.cat([mean, deviation], dim=1)


class EcapaTdnn(nn.Module):
    """[B, T, input_size] -> [B, lin_neurons]. The defaults are SpeechBrain's class: C = 512, MFA 1536."""

    def __init__(
        self,
        input_size: int = 80,
        channels: Sequence[int] = (512, 512, 512, 512, 1536),
        kernel_sizes: Sequence[int] = (5, 3, 3, 3, 1),
        dilations: Sequence[int] = (1, 2, 3, 4, 1),
        attention_channels: int = 128,
        lin_neurons: int = 192,
        res2net_scale: int = 8,
        se_channels: int = 128,
        global_context: bool = True,
    ):
        super().__init__()
        self.blocks = nn.ModuleList([TdnnBlock(input_size, channels[0], kernel_sizes[0], dilations[0])])
        for i in range(1, len(channels) - 1):
            self.blocks.append(
                SeRes2NetBlock(
                    channels[i - 1], channels[i], res2net_scale, se_channels, kernel_sizes[i], dilations[i]
                )
            )
        self.mfa = TdnnBlock(sum(channels[1:-1]), channels[-1], kernel_sizes[-1], dilations[-1])
        self.asp = AttentiveStatisticsPooling(channels[-1], attention_channels, global_context)
        self.asp_bn = BatchNorm(2 * channels[-1])
        self.fc = Convolution(2 * channels[-1], lin_neurons)

    def forward(self, features: Tensor) -> Tensor:
        x = self.blocks[0](features.transpose(1, 2))  # [B, C, T]
        stages = []
        for block in self.blocks[1:]:
            x = block(x)
            stages.append(x)
        x = self.mfa(torch.cat(stages, dim=1))
        return self.fc(self.asp_bn(self.asp(x))).squeeze(2)  # [B, lin_neurons]


def ecapa_512() -> EcapaTdnn:
    """C = 512, 6,194,048 parameters."""
    return EcapaTdnn()


def ecapa_1024() -> EcapaTdnn:
    """C = 1024 with MFA 3072, as SpeechBrain's VoxCeleb recipe: 20,767,552 parameters."""
    return EcapaTdnn(channels=(1024, 1024, 1024, 1024, 3072))
