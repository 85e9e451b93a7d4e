"""The training loop, from the first batch to the last checkpoint, one record at a time.

Notebook 08 steps through it with a plain ``for``; the command line prints the same records.
"""

import math
import time
from collections.abc import Generator, Iterator

import torch
from torch import Tensor, nn

from swin_edu.data import ImageDataset
from swin_edu.data.devices import send
from swin_edu.training import explanations
from swin_edu.training.errors import TrainingError
from swin_edu.training.forward import autocast, loss_and_accuracy, sum_gradients
from swin_edu.training.memory import fits_on, largest_batch
from swin_edu.training.optimizers import AveragedWeights, make_optimizer
from swin_edu.training.order import seed_epoch, shuffled_batches
from swin_edu.training.preparation import Draws, Preparation
from swin_edu.training.processes import Processes, this_process
from swin_edu.training.recipe import build_model, choose_device, choose_precision, learning_rate_at
from swin_edu.training.records import EpochRecord, StepRecord
from swin_edu.training.run_checkpoints import load_newest_run_checkpoint, save_run_checkpoint
from swin_edu.training.run_folder import RunFolder
from swin_edu.training.run_state import restore, state_of
from swin_edu.training.settings import TrainingSettings
from swin_edu.training.splits import load_splits
from swin_edu.training.tensorboard import Board, find_board


class Training:
    """A run in memory: data, network, optimizer, and `steps` that moves them.

    Args:
        settings: what to do.
        run: where to keep log and checkpoints; None keeps nothing. If the folder holds checkpoints, the
            newest whole one is loaded, and `steps` goes on from there.
        data: training and test images that you made yourself; where it is None, the ones that the settings
            name are loaded.
        processes: those that train together; found out from the environment unless given.

    Attributes:
        model: the network; usable at any moment between two records.
        train_set, test_set: the images.
        prepare: what happens to a batch before the network sees it.
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
        processes: Processes | None = None,
    ) -> None:
        self.settings, self.processes = settings, processes or this_process()
        self.run: RunFolder | None = None
        self.board: Board | None = None
        if settings.threads:
            torch.set_num_threads(settings.threads)
        self.device = self.processes.on_device(choose_device(settings.device))
        self.precision = choose_precision(settings.precision, self.device)
        self.processes.join(self.device)
        with self.processes.first_goes_ahead():  # what it decodes, the others find in the cache
            self.train_set, self.test_set = data or load_splits(settings)

        torch.manual_seed(settings.seed)
        self.model = build_model(settings, self.train_set.num_classes).to(self.device)
        self.prepare = Preparation.of(settings, self.train_set)
        self.optimizer = make_optimizer(self.model, settings)
        self.averaged: nn.Module | None = None
        # Order and augmentation draw from a generator of their own, on the CPU on all machines.
        self.generator = torch.Generator()
        self.finished_epochs = 0
        self.notes: list[str] = []
        if run is not None:
            self.keep_in(run)

    @property
    def tested_model(self) -> nn.Module:
        """The network that is tested and kept: the averaged one where the settings want an average."""
        return self.model if self.averaged is None else self.averaged.module

    def keep_in(self, run: RunFolder) -> None:
        """Keep log and checkpoints in a folder from now on; go on from its newest checkpoint if it has one.

        Args:
            run: of `start_run` or `reopen_run`.

        Raises:
            TrainingError: if the data changed since the checkpoint was written, or no checkpoint can be used.
        """
        state, self.notes = load_newest_run_checkpoint(run.checkpoints)
        if state is not None:
            restore(self, state, run)
        if self.processes.first:
            run.forget_after(self.finished_epochs)
            steps = -(-len(self.train_set) // self.settings.batch_size)
            self.board = find_board(run.path, self.finished_epochs * steps + 1)
        self.run = run

    def average(self) -> nn.Module | None:
        """The running mean of the weights, made at its first use; None where the settings want none."""
        if self.settings.ema_decay and self.averaged is None:
            self.averaged = AveragedWeights(self.model, self.settings.ema_decay)
        return self.averaged

    def steps(self) -> Iterator[StepRecord | EpochRecord]:
        """Train to the end, one record after each update (or each so many) and one after each epoch.

        PyTorch's global random state is set anew at the start of each epoch.

        Yields:
            A `StepRecord` for each batch, or one for ``record_every`` of them; an `EpochRecord` when the
            epoch is tested and its checkpoint saved.

        Raises:
            TrainingError: if the loss is no longer a number, or memory is too small.
        """
        self.average()
        network = self.processes.wrap(self.model)
        network = torch.compile(network) if self.settings.compile else network
        # On a GPU that has room for all images, no batch has to travel there.
        home = self.device if fits_on(self.device, self.train_set.images) else self.train_set.images.device
        images, labels = self.train_set.images.to(home), self.train_set.labels.to(home)
        for epoch in range(self.finished_epochs + 1, self.settings.epochs + 1):
            seed_epoch(self.settings.seed, epoch, self.processes.rank, self.generator)
            self.model.train()
            started = time.perf_counter()
            loss, correct, count = yield from self._train_epoch(network, images, labels, epoch)
            seconds = time.perf_counter() - started
            tested = self.evaluate()
            if not math.isfinite(tested[0]):  # the last update may be the one that broke the weights
                raise TrainingError(explanations.divergence(self, tested[0], epoch))
            self.finished_epochs = epoch
            means = (loss / count, correct / count, *tested)
            # The log line comes before the checkpoint: a resumed run cuts the log back to its checkpoint,
            # so a kill between the two neither loses nor doubles a line.
            record = self._log(EpochRecord(epoch, self.settings.epochs, *means, seconds, count / seconds))
            if self.run is not None and self.processes.first:
                save_run_checkpoint(state_of(self), self.run.checkpoints, epoch)
            yield record
        self.model.eval()
        self.tested_model.eval()

    def _train_epoch(
        self, network: nn.Module, images: Tensor, labels: Tensor, epoch: int
    ) -> Generator[StepRecord, None, list[float]]:
        """All updates of an epoch; returns loss, right answers and images, each summed."""
        batches = shuffled_batches(len(labels), self.settings, self.processes, self.generator)
        recent, whole = torch.zeros(3, device=self.device), [0.0, 0.0, 0.0]
        started = time.perf_counter()
        for step, chosen in enumerate(batches, start=1):
            learning_rate = self._set_learning_rate((epoch - 1) * len(batches) + step - 1, len(batches))
            draws = self.prepare.draw(len(chosen), self.generator)
            mine = self.processes.share(len(chosen))
            batch = [part[send(chosen[mine], part.device)].to(self.device) for part in (images, labels)]
            draws = {name: draw[mine] for name, draw in draws.items()}
            recent += self._update(network, *batch, draws, len(chosen))
            if step % self.settings.record_every and step < len(batches):
                continue
            sums = self.processes.total(recent).tolist()
            loss, count = sums[0] / sums[2], sums[2]
            if not math.isfinite(loss):
                raise TrainingError(explanations.divergence(self, loss, epoch, step))
            rate = count / (time.perf_counter() - started)
            yield self._log(StepRecord(epoch, step, len(batches), loss, learning_rate, rate))
            recent, whole = torch.zeros_like(recent), [a + b for a, b in zip(whole, sums, strict=True)]
            started = time.perf_counter()
        return whole

    def evaluate(self) -> tuple[float, float]:
        """Test the network as it is now on the whole test split.

        Returns:
            Mean cross-entropy and the part of images named correctly, 0..1.
        """
        return loss_and_accuracy(self)

    @torch.no_grad()
    def predict(self, images: Tensor) -> Tensor:
        """What the tested network says about images as they come from a data set.

        Args:
            images: (B, 3, H, W), uint8, on the run's device.

        Returns:
            Logits, (B, num_classes), float32.
        """
        model, was_training = self.tested_model, self.tested_model.training
        model.eval()
        with autocast(self.device, self.precision):
            logits = model(self.prepare.normalise(images)).float()
        model.train(was_training)
        return logits

    def _update(self, network: nn.Module, images: Tensor, labels: Tensor, draws: Draws, batch: int) -> Tensor:
        """One step of the optimizer with this process's share of a batch; (loss, right answers, images)."""
        self.optimizer.zero_grad(set_to_none=True)
        try:
            sums = sum_gradients(self, network, images, labels, draws, batch)
        except torch.OutOfMemoryError:
            sums = None  # what the failed step held is free only when its error is gone
        except Exception as error:
            if type(error).__module__.startswith(("torch._dynamo", "torch._inductor")):
                raise TrainingError(explanations.compiling(error)) from error
            raise
        if sums is None:
            raise TrainingError(explanations.memory(self, largest_batch(self, len(images))))
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), self.settings.clip_norm)
        self.optimizer.step()
        if self.averaged is not None:
            self.averaged.update_parameters(self.model)
        return sums

    def _set_learning_rate(self, step: int, steps_per_epoch: int) -> float:
        learning_rate = learning_rate_at(step, self.settings.epochs * steps_per_epoch, self.settings)
        for group in self.optimizer.param_groups:
            group["lr"] = learning_rate
        return learning_rate

    def _log(self, record: StepRecord | EpochRecord) -> StepRecord | EpochRecord:
        # Twenty lines an epoch draw the curve as well as four hundred.
        wanted = isinstance(record, EpochRecord)
        wanted = wanted or record.step % max(record.steps // 20, 1) < self.settings.record_every
        if self.run is not None and self.processes.first and wanted:
            self.run.append(record)
            if self.board is not None:
                self.board.add(record)
        return record
