"""The training loop, from the first batch to the last checkpoint, one record at a time.

Notebook 08 steps through it with a plain ``for``; the command line prints the same records.
"""

import math
import textwrap
import time
from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from swin_edu.data import ImageDataset, normalise, random_crop_and_flip
from swin_edu.training.errors import TrainingError
from swin_edu.training.recipe import (
    build_model,
    choose_device,
    choose_precision,
    correct_answers,
    learning_rate_at,
    make_optimizer,
)
from swin_edu.training.records import EpochRecord, StepRecord
from swin_edu.training.run_checkpoints import load_newest_run_checkpoint, save_run_checkpoint
from swin_edu.training.run_folder import RunFolder
from swin_edu.training.settings import TrainingSettings
from swin_edu.training.splits import load_splits

_TEST_BATCH = 500


class Training:
    """A run in memory: data, network, optimizer, and `steps` that moves them.

    Args:
        settings: what to do.
        run: where to keep log and checkpoints; None keeps nothing. If the folder holds checkpoints, the
            newest whole one is loaded, and `steps` goes on from there.
        data: training and test images that you made yourself; where it is None, the ones that the settings
            name are loaded.

    Attributes:
        model: the network; usable at any moment between two records.
        train_set, test_set: the images.
        finished_epochs: how many epochs are done.
        notes: what the reader should know, such as a damaged checkpoint that was passed over.

    Raises:
        DataError: if the data cannot be used.
        TrainingError: if the settings do not fit, or the data changed since the checkpoint was written.

    Example:
        >>> training = Training(TrainingSettings(limit_train=32, batch_size=32, limit_test=10, epochs=1))
        >>> [type(record).__name__ for record in training.steps()]
        ['StepRecord', 'EpochRecord']
    """

    def __init__(
        self,
        settings: TrainingSettings,
        run: RunFolder | None = None,
        data: tuple[ImageDataset, ImageDataset] | None = None,
    ) -> None:
        self.settings = settings
        self.run: RunFolder | None = None
        if settings.threads:
            torch.set_num_threads(settings.threads)
        self.device = choose_device(settings.device)
        self.precision = choose_precision(settings.precision, self.device)
        self.train_set, self.test_set = data or load_splits(settings)
        self.mean, self.deviation = self.train_set.channel_statistics()
        # Images of a single brightness would be divided by zero.
        self.deviation = [max(value, 1e-3) for value in self.deviation]

        torch.manual_seed(settings.seed)
        self.model = build_model(settings, self.train_set.num_classes).to(self.device)
        self.optimizer = make_optimizer(self.model, settings)
        # Order and augmentation draw from a generator of their own, on the CPU on all machines.
        self.generator = torch.Generator()
        self.finished_epochs = 0
        self.notes: list[str] = []
        if run is not None:
            self.keep_in(run)

    def keep_in(self, run: RunFolder) -> None:
        """Keep log and checkpoints in a folder from now on; go on from its newest checkpoint if it has one.

        Args:
            run: of `start_run` or `reopen_run`.

        Raises:
            TrainingError: if the data changed since the checkpoint was written, or no checkpoint can be used.
        """
        state, self.notes = load_newest_run_checkpoint(run.checkpoints)
        if state is not None:
            if not isinstance(state, dict) or state.keys() != self._state().keys():
                raise TrainingError(self._explain_misfit(run, "it lacks a part"))
            if state["data"] != [self.train_set.fingerprint, self.test_set.fingerprint]:
                raise TrainingError(
                    f"{self.settings.data} has changed since {run.path} was last trained, so going on would "
                    "mix two data sets. Bring the old data back, or start anew with --overwrite."
                )
            try:
                self.model.load_state_dict(state["model"])
                self.optimizer.load_state_dict(state["optimizer"])
            except (RuntimeError, ValueError, LookupError, TypeError, AttributeError) as error:
                raise TrainingError(self._explain_misfit(run, str(error))) from error
            self.finished_epochs = state["epoch"]
        run.forget_after(self.finished_epochs)
        self.run = run

    def steps(self) -> Iterator[StepRecord | EpochRecord]:
        """Train to the end, one record after each update and one after each epoch.

        PyTorch's global random state is set anew at the start of each epoch.

        Yields:
            A `StepRecord` for each batch; an `EpochRecord` when the epoch is tested and its checkpoint saved.

        Raises:
            TrainingError: if the loss is no longer a number.
        """
        images = self.train_set.images.to(self.device)
        labels = self.train_set.labels.to(self.device)
        for epoch in range(self.finished_epochs + 1, self.settings.epochs + 1):
            self._seed_epoch(epoch)
            self.model.train()
            started, loss_sum, correct = time.perf_counter(), 0.0, 0
            order = torch.randperm(len(labels), generator=self.generator)
            batches = order.split(self.settings.batch_size)
            for step, chosen in enumerate(batches, start=1):
                step_started = time.perf_counter()
                chosen = chosen.to(self.device)
                learning_rate = self._set_learning_rate((epoch - 1) * len(batches) + step - 1, len(batches))
                loss, right = self._update(images[chosen], labels[chosen])
                if not math.isfinite(loss):
                    raise TrainingError(self._explain_divergence(loss, epoch, step, learning_rate))
                loss_sum, correct = loss_sum + loss * len(chosen), correct + right
                rate = len(chosen) / (time.perf_counter() - step_started)
                yield self._log(StepRecord(epoch, step, len(batches), loss, learning_rate, rate))
            seconds = time.perf_counter() - started
            count = len(labels)
            test_loss, test_accuracy = self.evaluate()
            if not math.isfinite(test_loss):  # the last update may be the one that broke the weights
                raise TrainingError(self._explain_divergence(test_loss, epoch, len(batches), learning_rate))
            self.finished_epochs = epoch
            means = (loss_sum / count, correct / count, test_loss, test_accuracy)
            # The log line comes before the checkpoint: a resumed run cuts the log back to its checkpoint,
            # so a kill between the two neither loses nor doubles a line.
            record = self._log(EpochRecord(epoch, self.settings.epochs, *means, seconds, count / seconds))
            if self.run is not None:
                save_run_checkpoint(self._state(), self.run.checkpoints, epoch)
            yield record
        self.model.eval()

    def evaluate(self) -> tuple[float, float]:
        """Test the network as it is now on the whole test split.

        Returns:
            Mean cross-entropy and the part of images named correctly, 0..1.
        """
        was_training = self.model.training
        self.model.eval()
        loss_sum, correct = 0.0, 0
        pairs = zip(
            self.test_set.images.split(_TEST_BATCH), self.test_set.labels.split(_TEST_BATCH), strict=True
        )
        with torch.inference_mode():
            for images, labels in pairs:
                logits = self.predict(images.to(self.device)).float()
                labels = labels.to(self.device)
                loss_sum += float(F.cross_entropy(logits, labels, reduction="sum"))
                correct += correct_answers(logits, labels)
        self.model.train(was_training)
        return loss_sum / len(self.test_set), correct / len(self.test_set)

    def predict(self, images: Tensor) -> Tensor:
        """Logits for images as they come from a data set.

        Args:
            images: (B, 3, H, W), uint8, on the run's device.

        Returns:
            (B, num_classes).
        """
        half = self.precision is torch.bfloat16
        with torch.autocast(self.device.type, dtype=torch.bfloat16, enabled=half):
            return self.model(normalise(images, self.mean, self.deviation))

    def _update(self, images: Tensor, labels: Tensor) -> tuple[float, int]:
        """One step of the optimizer on one batch (B, 3, H, W) uint8; returns loss and correct answers."""
        settings = self.settings
        padding = images.shape[-1] // 8 if settings.crop_padding is None else settings.crop_padding
        flip = self.train_set.mirror_keeps_label if settings.flip is None else settings.flip
        images = random_crop_and_flip(images, padding, flip, self.generator)
        logits = self.predict(images).float()
        loss = F.cross_entropy(logits, labels, label_smoothing=settings.label_smoothing)
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), settings.clip_norm)
        self.optimizer.step()
        return float(loss.detach()), correct_answers(logits.detach(), labels)

    def _seed_epoch(self, epoch: int) -> None:
        """Let all randomness of an epoch follow from seed and epoch alone.

        So a resumed run draws what the uninterrupted one would have drawn, and what a notebook draws
        between two epochs changes nothing. Stochastic depth uses PyTorch's own generators.
        """
        order, network = np.random.SeedSequence([self.settings.seed, epoch]).generate_state(2).tolist()
        self.generator.manual_seed(order)
        torch.manual_seed(network)

    def _set_learning_rate(self, step: int, steps_per_epoch: int) -> float:
        learning_rate = learning_rate_at(step, self.settings.epochs * steps_per_epoch, self.settings)
        for group in self.optimizer.param_groups:
            group["lr"] = learning_rate
        return learning_rate

    def _log(self, record: StepRecord | EpochRecord) -> StepRecord | EpochRecord:
        # Twenty lines an epoch draw the curve as well as four hundred.
        wanted = isinstance(record, EpochRecord) or record.step % max(record.steps // 20, 1) == 0
        if self.run is not None and wanted:
            self.run.append(record)
        return record

    def _explain_divergence(self, loss: float, epoch: int, step: int, learning_rate: float) -> str:
        saved = (
            f"Epochs 1 to {epoch - 1} are saved" if self.run is not None and epoch > 1 else "Nothing is saved"
        )
        return (
            f"The loss became {loss} in epoch {epoch}, step {step}, at learning rate {learning_rate:.2g}: "
            f"training has diverged. {saved}. Start anew with a lower --learning-rate (try a third of it), "
            "or with --precision float32 if this run used bfloat16."
        )

    def _explain_misfit(self, run: RunFolder, reason: str) -> str:
        return (
            f"The newest checkpoint in {run.checkpoints} does not fit this network: "
            f"{textwrap.shorten(reason, 200)}. Was settings.json changed, or is it of another version of the "
            "course? Start anew with --overwrite, or with another --out."
        )

    def _state(self) -> dict:
        """Everything that decides how the run goes on; randomness and learning rate follow from the epoch."""
        return {
            "epoch": self.finished_epochs,
            "model": self.model.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "data": [self.train_set.fingerprint, self.test_set.fingerprint],
        }
