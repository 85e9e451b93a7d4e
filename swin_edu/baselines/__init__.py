"""What Swin is compared with: networks that do one thing differently, so that the difference shows."""

from swin_edu.baselines.vit import GlobalAttention, VisionTransformer, position_code, vit_small

__all__ = ["GlobalAttention", "VisionTransformer", "position_code", "vit_small"]
