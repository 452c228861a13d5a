"""Import of a ready-made ONNX encoder that pools by its first token, centred and normalised to length one."""

from __future__ import annotations

import argparse
import hashlib
import shutil
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from models.artefacts import write_manifest
from models.encoder import OnnxEncoder
from models.shipped_encoders import FAST
from training.export import MAX_TOKENS


def take_over(source: Path, target: Path, texts: Sequence[str], *, name: str, version: str) -> None:
    """Write the encoder in `source` to `target`, as a graph in the form that `training.export` writes.

    The mean vector of `texts` is subtracted from every vector before it is normalised: encoders of this kind put all
    texts into one narrow cone, where a cosine would not mean what it means elsewhere in the product.
    """
    target.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source / "tokenizer.json", target / "tokenizer.json")
    graph = source / "model.onnx"
    dimension = int(onnx.load(graph).graph.output[0].type.tensor_type.shape.dim[2].dim_value)
    about = {
        "name": name,
        "dimension": dimension,
        "max_tokens": MAX_TOKENS,
        "pooling": "first token",
        "normalised": True,
        "weights_sha256": hashlib.sha256(graph.read_bytes()).hexdigest(),
    }

    def write(centre: NDArray[np.float32]) -> None:
        onnx.save(_pooled(onnx.load(graph), centre), target / "model.onnx")
        write_manifest(target, kind="encoder", version=version, files=["model.onnx", "tokenizer.json"], about=about)

    write(np.zeros(dimension, dtype=np.float32))
    write(OnnxEncoder(target).encode(texts).mean(axis=0))


def _pooled(model: onnx.ModelProto, centre: NDArray[np.float32]) -> onnx.ModelProto:
    """Return the model with `input_ids` and `attention_mask` as inputs and `embedding` as output."""
    graph = model.graph
    kept = [entry for entry in graph.input if entry.name != "token_type_ids"]
    del graph.input[:]
    graph.input.extend(kept)
    hidden = graph.output[0].name
    graph.initializer.extend(
        [
            numpy_helper.from_array(np.array(0, dtype=np.int64), "first"),
            numpy_helper.from_array(centre, "centre"),
        ]
    )
    graph.node.insert(0, helper.make_node("Sub", ["input_ids", "input_ids"], ["token_type_ids"]))
    graph.node.extend(
        [
            helper.make_node("Gather", [hidden, "first"], ["pooled"], axis=1),
            helper.make_node("LpNormalization", ["pooled"], ["direction"], axis=-1, p=2),
            helper.make_node("Sub", ["direction", "centre"], ["moved"]),
            helper.make_node("LpNormalization", ["moved"], ["embedding"], axis=-1, p=2),
        ]
    )
    del graph.output[:]
    graph.output.append(helper.make_tensor_value_info("embedding", TensorProto.FLOAT, ["texts", len(centre)]))
    onnx.checker.check_model(model)
    return model


def _lines(folder: Path) -> list[str]:
    """Return the lines of five words or more in the Markdown files of a folder, without front matter."""
    bodies = (path.read_text(encoding="utf-8").split("---", 2)[-1] for path in sorted(folder.glob("*.md")))
    return [line.strip() for body in bodies for line in body.splitlines() if len(line.split()) >= 5]


def main() -> None:
    """Import bge-small-en-v1.5 into `models/bge_small`, centred on the sample desk's articles."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("source", type=Path, help="folder with model.onnx and tokenizer.json, see models/bge_small")
    root = FAST.parent.parent
    texts = _lines(root / "app" / "sample" / "articles")
    take_over(parser.parse_args().source, root / "models" / "bge_small", texts, name="bge-small-en-v1.5", version="1")


if __name__ == "__main__":
    main()
