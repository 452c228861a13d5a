"""Fine-tuning: the encoder learns the organisation's own labels and links. Needs the training extra (PyTorch)."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from models.artefacts import save_array
from models.encoder import SEEN
from models.errors import UnavailableError
from models.shipped_encoders import FAST
from training.export import export_encoder, shipped_weights
from training.history import Report
from training.tuning_data import Link, TuningData
from training.tuning_effort import EPOCHS, MINUTES

if TYPE_CHECKING:
    import torch
    from sentence_transformers import SentenceTransformer

RECIPE = 3
"""Increased when tuning changes, so that unfinished work of an earlier version is not resumed."""


@dataclass(frozen=True, slots=True)
class TuningSettings:
    """Hyperparameters of tuning (experiment 014), chosen by hand where a line says so."""

    # fewest steps on labels: a small history is read more often; chosen by hand
    least_steps: int = 600
    # fewest steps on links alone: more learn few links by heart; chosen by hand
    least_link_steps: int = 100
    # more need more memory than a small machine has; it is also how many passages a link is compared with
    texts_a_step: int = 32
    # tokens of a text that are read, in serving too: its subject stands at the beginning, and time grows with them
    max_tokens: int = 128
    # layers of six that are kept: a third less work in tuning and in every answer; links need all
    layers_for_labels: int = 4
    # steps whose texts are sorted by length together: little padding, and still a random order
    steps_sorted: int = 50
    # learning rate of the encoder on labels; chosen by hand
    rate_for_labels: float = 1.2e-4
    # learning rate on links: smaller, because all layers learn
    rate_for_links: float = 5e-5
    # learning rate of the heads: they begin at random and have further to go; chosen by hand
    head_rate: float = 1e-3
    # share of the steps in which rates rise: the usual few per cent
    warm_up: float = 0.06
    # factor on vectors before the heads: a softmax over length one cannot become sure; chosen by hand
    label_scale: float = 8.0
    # share of texts that are cut to their beginning: as many as `history` shortens
    cut_share: float = 0.15
    # fewest tokens of such a text, and the number it stays below: those of a phone note
    cut_tokens: tuple[int, int] = (5, 16)
    # factor on cosines before the softmax: the usual value of sentence-transformers
    link_scale: float = 20.0
    # most work that an interrupted run loses
    checkpoint_seconds: float = 60.0
    # steps that are timed to estimate the duration of one
    trial_steps: int = 2


_SETTINGS = TuningSettings()


class TrainingExtraMissingError(UnavailableError):
    """PyTorch or the encoder's weights are not installed; the message says what to install."""


@dataclass(frozen=True, slots=True)
class Step:
    """What one step learns from: rows of the texts, or of the links."""

    texts: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    links: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, dtype=np.int64))


def finetune(
    data: TuningData,
    work_folder: Path,
    target: Path,
    *,
    epochs: int = EPOCHS,
    minutes: float = MINUTES,
    report: Report = lambda *_: None,
) -> None:
    """Tune the shipped encoder on the data and write it to `target`, ready to serve.

    Every label is learnt by a softmax over the text's vector (cross-entropy, one head for each field), read twice with
    different neurons dropped out, and the two answers are pulled together (R-Drop, Liang and others 2021); a part of
    the texts is cut to their beginning, so that terse notes are learnt too. Every link is learnt by telling the
    article's passage from those of the other links in the step (InfoNCE, van den Oord, Li and Vinyals 2018).

    The first four layers of the encoder are tuned and kept; the whole shipped encoder serves beside them. With more
    links than labelled texts all layers are tuned, in smaller steps, because the last layers bring together texts that
    are worded differently.

    Fewer steps are made where the machine would take longer than `minutes`. Progress is saved in `work_folder` once a
    minute, and the same call resumes from there; delete it once the result serves.

    Raises: TrainingExtraMissingError, without PyTorch or the encoder's weights.
    """
    try:
        import torch
    except ImportError:
        raise TrainingExtraMissingError(
            "tuning the encoder needs PyTorch, which is not installed: pip install -c constraints.txt -e '.[training]'"
        ) from None
    try:
        weights = shipped_weights()
    except FileNotFoundError as error:
        raise TrainingExtraMissingError(str(error)) from None
    torch.manual_seed(0)
    tuning = _TuningRun(data, weights, work_folder, epochs=epochs, minutes=minutes)
    tuning.run(report)
    report("exporting", 0.0)
    tuned = work_folder / "tuned"
    tuning.model.save(str(tuned))
    target.mkdir(parents=True, exist_ok=True)
    save_array(target / SEEN, data.seen)
    export_encoder(
        tuned,
        target,
        name="all-MiniLM-L6-v2-tuned",
        version=target.name,
        beside=FAST,
        more=[SEEN],
        about={"tuned": True, "tuned_tokens": _SETTINGS.max_tokens, "taught": "links" if data.by_links else "labels"},
    )


class _TuningRun:
    """One tuning from its first step to its last, over as many starts as it takes."""

    def __init__(self, data: TuningData, weights: Path, work_folder: Path, *, epochs: int, minutes: float) -> None:
        import torch
        from sentence_transformers import SentenceTransformer

        self.data = data
        self.device = "cuda" if torch.cuda.is_available() else "cpu"
        self.model: SentenceTransformer = SentenceTransformer(str(weights), device=self.device)
        if not data.by_links:
            transformer = self.model[0].auto_model
            transformer.encoder.layer = transformer.encoder.layer[: _SETTINGS.layers_for_labels]
            transformer.config.num_hidden_layers = _SETTINGS.layers_for_labels
        self._tokens = _tokens(self.model, data.texts)
        self._link_tokens = _tokens(self.model, [link.text for link in data.links])
        self.heads = torch.nn.ModuleList(
            torch.nn.Linear(self.model.get_embedding_dimension() or 0, size) for size in data.sizes
        ).to(self.device)
        self._optimiser = torch.optim.AdamW(
            [
                {
                    "params": list(self.model.parameters()),
                    "lr": _SETTINGS.rate_for_links if data.by_links else _SETTINGS.rate_for_labels,
                },
                {"params": list(self.heads.parameters()), "lr": _SETTINGS.head_rate},
            ],
            weight_decay=0.01,
        )
        self._rates = [group["lr"] for group in self._optimiser.param_groups]
        self._half = self.device == "cuda"
        self._minutes = minutes
        self._checkpoint = work_folder / "checkpoint.pt"
        self._about = {"lessons": data.fingerprint, "epochs": epochs, "recipe": RECIPE}
        self.done = 0
        steps = len(_epoch(data, self._lengths, 0))
        least = _SETTINGS.least_steps if data.texts else _SETTINGS.least_link_steps
        self.total = max(epochs, math.ceil(least / steps)) * steps

    @property
    def _lengths(self) -> NDArray[np.int64]:
        return np.array([len(tokens) for tokens in self._tokens], dtype=np.int64)

    def run(self, report: Report) -> None:
        """Make all remaining steps."""
        if not self._resume():
            self._try_out()
        saved = time.monotonic()
        for step in self._steps_left():
            report(f"tuning, step {self.done + 1} of {self.total}", self.done / self.total)
            self._make(step)
            if time.monotonic() - saved > _SETTINGS.checkpoint_seconds:
                self._save()
                saved = time.monotonic()
        self._save()
        self.model.eval()

    def _steps_left(self) -> Iterator[Step]:
        epoch = 0
        start = 0
        while start < self.total:
            steps = _epoch(self.data, self._lengths, epoch)
            yield from steps[max(self.done - start, 0) : max(self.total - start, 0)]
            start += len(steps)
            epoch += 1

    def _try_out(self) -> None:
        """Choose the faster arithmetic, and limit the steps to the time allowed."""
        steps = _epoch(self.data, self._lengths, 0)
        trial = [steps[i * len(steps) // _SETTINGS.trial_steps] for i in range(_SETTINGS.trial_steps)]
        seconds = {}
        for half in (False, True):
            self._half = half
            self._loss(trial[0])
            started = time.perf_counter()
            for step in trial:
                self._loss(step).backward()
            seconds[half] = (time.perf_counter() - started) / _SETTINGS.trial_steps
        self._optimiser.zero_grad()
        self._half = self.device == "cuda" or seconds[True] < seconds[False]
        self.total = max(min(self.total, int(60 * self._minutes / seconds[self._half])), 1)

    def _make(self, step: Step) -> None:
        import torch

        self.model.train()
        share = self.done / self.total
        factor = min(1.0, (share + 1 / self.total) / _SETTINGS.warm_up) * (1 - share)
        for group, rate in zip(self._optimiser.param_groups, self._rates, strict=True):
            group["lr"] = rate * factor
        self._optimiser.zero_grad()
        self._loss(step).backward()
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self._optimiser.step()
        self.done += 1

    def _loss(self, step: Step) -> torch.Tensor:
        return self._link_loss(step.links) if len(step.links) else self._label_loss(step.texts)

    def _label_loss(self, rows: NDArray[np.int64]) -> torch.Tensor:
        import torch

        random = np.random.default_rng([self.done, len(rows)])
        tokens = [_cut(self._tokens[row], random) for row in rows]
        vectors = self._vectors([*tokens, *tokens]) * _SETTINGS.label_scale
        losses = []
        for head, codes in zip(self.heads, self.data.codes, strict=True):
            target = torch.tensor(codes[rows], device=self.device)
            known = target >= 0
            if known.any():
                once, again = (torch.nn.functional.log_softmax(half[known], dim=1) for half in head(vectors).chunk(2))
                wrong = [torch.nn.functional.nll_loss(said, target[known]) for said in (once, again)]
                apart = [
                    torch.nn.functional.kl_div(one, other, log_target=True, reduction="batchmean")
                    for one, other in ((once, again), (again, once))
                ]
                losses.append(torch.stack([*wrong, *apart]).sum() / 2)
        return torch.stack(losses).mean()

    def _link_loss(self, rows: NDArray[np.int64]) -> torch.Tensor:
        import torch

        links = [self.data.links[row] for row in rows]
        random = np.random.default_rng([self.done, len(rows)])
        passages = [_passage(link, random) for link in links]
        queries = self._vectors([self._link_tokens[row] for row in rows])
        answers = self._vectors(_tokens(self.model, passages))
        scores = queries @ answers.T * _SETTINGS.link_scale
        places = {article: place for place, article in enumerate(dict.fromkeys(link.article for link in links))}
        owner = torch.tensor([places[link.article] for link in links], device=self.device)
        same = (owner[:, None] == owner[None, :]) & ~torch.eye(len(links), dtype=torch.bool, device=self.device)
        scores = scores.masked_fill(same, float("-inf"))
        target = torch.arange(len(links), device=self.device)
        both = torch.nn.functional.cross_entropy(scores, target) + torch.nn.functional.cross_entropy(scores.T, target)
        return both / 2

    def _vectors(self, texts: Sequence[list[int]]) -> torch.Tensor:
        """Return the vectors of length one, shape (texts, dimension)."""
        import torch

        width = max(len(tokens) for tokens in texts)
        ids = torch.zeros((len(texts), width), dtype=torch.int64)
        mask = torch.zeros_like(ids)
        for row, tokens in enumerate(texts):
            ids[row, : len(tokens)] = torch.tensor(tokens)
            mask[row, : len(tokens)] = 1
        ids, mask = ids.to(self.device), mask.to(self.device)
        with torch.autocast(self.device, dtype=torch.bfloat16, enabled=self._half):
            hidden = self.model[0].auto_model(input_ids=ids, attention_mask=mask).last_hidden_state
        weights = mask[..., None].float()
        mean = (hidden.float() * weights).sum(1) / weights.sum(1)
        return torch.nn.functional.normalize(mean, dim=1)

    def _resume(self) -> bool:
        """Load the progress of an earlier start on the same data; return whether there was any."""
        import torch

        if not self._checkpoint.exists():
            return False
        state: dict[str, Any] = torch.load(self._checkpoint, weights_only=True, map_location=self.device)
        if json.loads(state["about"]) != self._about:
            return False
        self.model.load_state_dict(state["model"])
        self.heads.load_state_dict(state["heads"])
        self._optimiser.load_state_dict(state["optimiser"])
        self.done, self.total, self._half = state["done"], state["total"], state["half"]
        return True

    def _save(self) -> None:
        import torch

        self._checkpoint.parent.mkdir(parents=True, exist_ok=True)
        scratch = self._checkpoint.with_suffix(".part")
        state = {
            "about": json.dumps(self._about),
            "model": self.model.state_dict(),
            "heads": self.heads.state_dict(),
            "optimiser": self._optimiser.state_dict(),
            "done": self.done,
            "total": self.total,
            "half": self._half,
        }
        torch.save(state, scratch)
        scratch.replace(self._checkpoint)


def _epoch(data: TuningData, lengths: NDArray[np.int64], epoch: int) -> list[Step]:
    """Return steps that read every text and link once: texts of similar length together, in random order."""
    random = np.random.default_rng([epoch])
    steps = []
    order = random.permutation(len(data.texts))
    for start in range(0, len(order), _SETTINGS.texts_a_step * _SETTINGS.steps_sorted):
        chunk = order[start : start + _SETTINGS.texts_a_step * _SETTINGS.steps_sorted]
        chunk = chunk[np.argsort(lengths[chunk], kind="stable")]
        steps += [
            Step(texts=chunk[i : i + _SETTINGS.texts_a_step]) for i in range(0, len(chunk), _SETTINGS.texts_a_step)
        ]
    pairs = random.permutation(len(data.links))
    steps += [Step(links=pairs[i : i + _SETTINGS.texts_a_step]) for i in range(0, len(pairs), _SETTINGS.texts_a_step)]
    return [steps[i] for i in random.permutation(len(steps))]


def _cut(tokens: list[int], random: np.random.Generator) -> list[int]:
    """Return the tokens, in 15 % of cases only the first few and the last one, which ends the text."""
    kept = int(random.integers(*_SETTINGS.cut_tokens))
    return [*tokens[:kept], tokens[-1]] if random.random() < _SETTINGS.cut_share and kept < len(tokens) else tokens


def _passage(link: Link, random: np.random.Generator) -> str:
    """Return the article's beginning or a passage, half of the time with its title, as the index has it."""
    if link.beginning and random.random() < 0.5:
        chosen = link.beginning
    else:
        chosen = link.passages[int(random.integers(len(link.passages)))]
    return f"{link.title}\n{chosen}" if link.title and random.random() < 0.5 else chosen


def _tokens(model: SentenceTransformer, texts: Sequence[str]) -> list[list[int]]:
    if not texts:
        return []
    found: list[list[int]] = model.tokenizer(list(texts), truncation=True, max_length=_SETTINGS.max_tokens)["input_ids"]
    return found
