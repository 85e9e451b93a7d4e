"""Data sets as uint8 tensors with labels and class names, from a seed, the hub, parquet files or a folder.

Notebooks 08 and 09 use it; `load_dataset` is the one way in.
"""

from swin_edu.data.augmentation import normalise, random_crop_and_flip
from swin_edu.data.classes import read_class_list
from swin_edu.data.dataset import ImageDataset
from swin_edu.data.errors import BrokenDataError, DataError, MissingDataError
from swin_edu.data.hub_files import HUB_DATASETS
from swin_edu.data.shapes import SHAPE_CLASSES, make_shapes
from swin_edu.data.sources import find_data, load_dataset

__all__ = [
    "HUB_DATASETS",
    "SHAPE_CLASSES",
    "BrokenDataError",
    "DataError",
    "ImageDataset",
    "MissingDataError",
    "find_data",
    "load_dataset",
    "make_shapes",
    "normalise",
    "random_crop_and_flip",
    "read_class_list",
]
