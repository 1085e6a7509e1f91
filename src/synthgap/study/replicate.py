"""A study once more, with other seeds."""

from typing import Any

from synthgap.seeds import replicate_seed
from synthgap.study.encoders import ClipEncoder
from synthgap.study.model import Study


def replicate(study: Study, number: int) -> Study:
    """The study with other seeds, of images and of all that it trains but classifiers.

    Args:
        study: as its file has it.
        number: of the replicate. The first is the study itself.

    Returns:
        A study whose results lie within those of the first.
    """
    if number == 1:
        return study

    def other(spec: Any) -> Any:
        return spec.model_copy(update={"seed": replicate_seed(spec.seed, number)})

    miniature = study.miniature and study.miniature.model_copy(
        update={
            # The further encoders are several of one kind.
            key: {name: other(each) for name, each in spec.items()}
            if isinstance(spec, dict)
            else other(spec)
            for key, spec in study.miniature
        }
    )
    tuned = {
        name: spec.model_copy(update={"tune": other(spec.tune)})
        for name, spec in study.encoders.items()
        if isinstance(spec, ClipEncoder) and spec.tune is not None
    }
    return study.model_copy(
        update={
            "seed": replicate_seed(study.seed, number),
            "miniature": miniature,
            "encoders": {**study.encoders, **tuned},
            "loras": {name: other(spec) for name, spec in study.loras.items()},
            "results": f"{study.results}/replicates/{number}",
        }
    )
