"""`python -m scorecard.make FOLDER`: makes the model file. Yours comes from a training."""

import json
import sys
from pathlib import Path


def main() -> None:
    """Write card.json, and the rows that a new version has to answer before it gets a request."""
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    card = {"base": 500, "points": {"income": 0.002, "years": 5}}
    example = {"instances": [{"income": 40000, "years": 3}]}
    for name, content in (("card.json", card), ("input_example.json", example)):
        (folder / name).write_text(json.dumps(content), encoding="utf-8")


if __name__ == "__main__":
    main()
