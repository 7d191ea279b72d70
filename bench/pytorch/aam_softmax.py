"""Additive angular margin softmax (ArcFace, Deng et al., CVPR 2019) with the linear continuation past the threshold.

logit = scale * cos(theta + margin) for the utterance's own speaker, scale * cos(theta) for the others. Where
theta + margin would exceed pi, cos(theta) - margin * sin(pi - margin) takes its place, so that the logit keeps falling.
"""

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F

SINE_FLOOR = 1e-7  # 1 - cos^2 is kept at or above it: the square root has no gradient at 0


class AamSoftmax(nn.Module):
    """Mean cross-entropy of embeddings [B, D] for their speakers [B]; `weight` [speakers, D] is trained along."""

    def __init__(self, embedding_dim: int, speakers: int, margin: float = 0.2, scale: float = 30.0):
        super().__init__()
        self.weight = nn.Parameter(nn.init.xavier_uniform_(torch.empty(speakers, embedding_dim)))
        self.margin = margin
        self.scale = scale

    def forward(self, embeddings: Tensor, speakers: Tensor) -> Tensor:
        cosine = F.linear(F.normalize(embeddings), F.normalize(self.weight))  # [B, speakers]
        sine = (1.0 - cosine.square()).clamp(min=SINE_FLOOR).sqrt()
        shifted = cosine * math.cos(self.margin) - sine * math.sin(self.margin)  # cos(theta + margin)
        continued = cosine - self.margin * math.sin(math.pi - self.margin)
        own = torch.where(cosine > math.cos(math.pi - self.margin), shifted, continued)
        is_own = F.one_hot(speakers, cosine.shape[1]).bool()
        return F.cross_entropy(self.scale * torch.where(is_own, own, cosine), speakers)
