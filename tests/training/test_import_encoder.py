from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import onnx
import pytest
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from tokenizers import Tokenizer

from models.encoder import OnnxEncoder
from models.shipped_encoders import FAST
from training.import_encoder import take_over

TEXTS = ["the printer is jammed", "the network is slow", "a password is old", "lunch is at noon"]  # of one length


@pytest.fixture
def narrow(tmp_path: Path) -> Path:
    """An encoder whose vectors all point nearly the same way: a token's own vector, and the mean of the text's."""
    random = np.random.default_rng(0)
    table = random.normal(size=(30_522, 8)).astype(np.float32) + 3
    graph = helper.make_graph(
        [
            helper.make_node("Gather", ["table", "input_ids"], ["tokens"]),
            helper.make_node("ReduceMean", ["tokens"], ["mean"], axes=[1], keepdims=1),
            helper.make_node("Add", ["tokens", "mean"], ["last_hidden_state"]),
        ],
        "narrow",
        [
            helper.make_tensor_value_info(name, TensorProto.INT64, ["texts", "tokens"])
            for name in ("input_ids", "attention_mask", "token_type_ids")
        ],
        [helper.make_tensor_value_info("last_hidden_state", TensorProto.FLOAT, ["texts", "tokens", 8])],
        [numpy_helper.from_array(table, "table")],
    )
    source = tmp_path / "source"
    source.mkdir()
    onnx.save(
        helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), source / "model.onnx"
    )
    shutil.copyfile(FAST / "tokenizer.json", source / "tokenizer.json")
    return source


def test_a_ready_made_encoder_serves_pooled_and_centred(narrow: Path, tmp_path: Path) -> None:
    take_over(narrow, tmp_path / "taken", TEXTS, name="narrow", version="1")
    encoder = OnnxEncoder(tmp_path / "taken")
    assert encoder.dimension == 8
    table = numpy_helper.to_array(onnx.load(narrow / "model.onnx").graph.initializer[0])
    tokenizer = Tokenizer.from_file(str(narrow / "tokenizer.json"))
    tokenizer.no_padding()
    tokens = [table[tokenizer.encode(text).ids] for text in TEXTS]
    first = unit(np.stack([rows[0] + rows.mean(axis=0) for rows in tokens]))
    np.testing.assert_allclose(encoder.encode(TEXTS), unit(first - first.mean(axis=0)), atol=1e-4)


def unit(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True))
