import pytest

from platformctl.adapters.spec_files import parse
from platformctl.domain.errors import SpecError

pytestmark = pytest.mark.quick

HEAD = "metadata:\n  name: churn\nspec:\n"


def refused(text: str) -> SpecError:
    with pytest.raises(SpecError) as caught:
        parse(text, "churn.yaml")
    return caught.value


@pytest.mark.parametrize(
    ("spec", "field", "message", "hint"),
    [
        ("resources: {memory: 2GB}", "spec.resources.memory", "'2GB' is not a quantity", "write 2Gi or 2G"),
        ('resources: {memory: "2Gi\\n"}', "spec.resources.memory", "is not a quantity", "write 2Gi"),
        ("resources: {memory: 512m}", "spec.resources.memory", "'512m' is less than 1Mi", "write 512Mi"),
        ("resources: {memory: 2}", "spec.resources.memory", "'2' is less than 1Mi", "write 2Gi"),
        ("resources: {cpu: 0}", "spec.resources.cpu", "less than a thousandth of a core", "write 1, or 500m"),
        ("resources: {cpu: -1}", "spec.resources.cpu", "'-1' is not a quantity", None),
        (
            "resources: {cpu: true}",
            "spec.resources.cpu",
            "must be text, not true",
            'write it in quotes: "true"',
        ),
        ("resources: {cpu: .inf}", "spec.resources.cpu", "is not a quantity", None),
        (
            "resources: {requests: {cpu: 1}}",
            "spec.resources.requests",
            "no such field",
            "request and limit at",
        ),
        ("canary: 130", "spec.canary", "1 to 99 percent, not 130", "write a share such as 10"),
        ("canary: -1", "spec.canary", "1 to 99 percent, not -1", "write a share such as 10"),
        ("canary: 10%", "spec.canary", "'10%' is not a whole number", "write 10, without quotes or unit"),
        ('canary: "10"', "spec.canary", "'10' is not a whole number", "write 10, without quotes or unit"),
        ("canary: 10.0", "spec.canary", "10.0 is not a whole number", "write 10, without quotes or unit"),
        ("canary: 0", "spec.canary", "1 to 99 percent, not 0", "platformctl rollback"),
        ("canary: 100", "spec.canary", "1 to 99 percent, not 100", "takes all requests once it is ready"),
        ("canary: true", "spec.canary", "true is not a whole number", "write a number such as 3"),
        ("canary: [10]", "spec.canary", "a list is not a whole number", "write a number such as 3"),
        ("scaling: {min: true}", "spec.scaling.min", "true is not a whole number", "such as 3"),
        ("scaling: {max: 0}", "spec.scaling.max", "0 is less than 1", "write 1 or more"),
        ("scaling: {max: 10001}", "spec.scaling.max", "10001 is more than 10000", "write 10000 or less"),
        ("scaling: {min: 3, max: 2}", "spec.scaling", "max (2) is less than min (3)", None),
        ("scaling: 3", "spec.scaling", "must be a mapping, not 3", "fields: min, max, cpu, memory, prom"),
        ("scaling: [1]", "spec.scaling", "must be a mapping, not a list", "fields: min, max"),
        ("scaling:", "spec.scaling", "must be a mapping, not nothing", "fields: min, max"),
        (
            'model: {version: "3"}',
            "spec.model.version",
            "'3' is not a whole number",
            "write 3, without quotes",
        ),
        ("model: {version: 0}", "spec.model.version", "0 is less than 1", "write 1 or more"),
        ("model: {alias: v3}", "spec.model.alias", "'v3' is a version", "write version: 3"),
        ("model: {alias: V3}", "spec.model.alias", "'V3' is a version", "write version: 3"),
        ("model: {alias: latest}", "spec.model.alias", "reserved by MLflow", "leave alias out"),
        ("model: {alias: Latest}", "spec.model.alias", "reserved by MLflow", "leave alias out"),
        ("model: {alias: a/b}", "spec.model.alias", "'a/b' is not an alias", "such as champion"),
        ("model: {alias: a.b}", "spec.model.alias", "'a.b' is not an alias", "such as champion"),
        ("model: {alias: 'a:b'}", "spec.model.alias", "'a:b' is not an alias", "such as champion"),
        ("model: {alias: ''}", "spec.model.alias", "'' is not an alias", "such as champion"),
        ("promotion: {alias: v1}", "spec.promotion.alias", "'v1' is a version", "write version: 1"),
        ("model: {alias: a, version: 3}", "spec.model", "give only one of version, alias", None),
        ("model: {name: 'models:/churn/3'}", "spec.model.name", "no '/'", "write name: churn and version: 3"),
        (
            "model: {name: 'models:/churn@best'}",
            "spec.model.name",
            "no '/'",
            "write name: churn and alias: best",
        ),
        ("model: {name: ' '}", "spec.model.name", "not empty", None),
        ("model: {path: ''}", "spec.model.path", "is empty", "write a value, or leave it out"),
        ("model: {signature: optinal}", "spec.model.signature", "not required or optional", "mean optional?"),
        ("predictor: Auto", "spec.predictor", "write auto, a format, a class or an image", "write auto"),
        ("predictor: onnx", "spec.predictor", "'onnx' is not understood", "write format: onnx, below it"),
        ("predictor: sklaern", "spec.predictor", "not understood", "write format: sklearn, below it"),
        ("predictor: my.mod:Model", "spec.predictor", "'my.mod:Model' is text", "write class: my.mod:Model,"),
        ("predictor: {}", "spec.predictor", "write auto, a format, a class or an image", "write class:"),
        ("predictor: 3", "spec.predictor", "write auto, a format, a class or an image", "write class:"),
        ("predictor:", "spec.predictor", "write auto, a format, a class or an image", "write class:"),
        ("predictor: {clas: 'a:B'}", "spec.predictor.clas", "no such field", "did you mean class?"),
        ("predictor: {class_: 'a:B'}", "spec.predictor.class_", "no such field", "did you mean class?"),
        ("predictor: {class: a, image: b}", "spec.predictor", "a class and an image", "write only one"),
        ("predictor: {format: onnx, class: 'a:B'}", "spec.predictor", "a format and a class", "only one"),
        ("predictor: {fromat: onnx}", "spec.predictor.fromat", "no such field", "did you mean format?"),
        ("predictor: {format: ONNX}", "spec.predictor.format", "'ONNX' is not auto, sklearn", "mean onnx?"),
        ("predictor: {format: onnx, output: all}", "spec.predictor.output", "'all' is not label", "label"),
        ("predictor: {output: bothh}", "spec.predictor.output", "is not label, probability", "mean both?"),
        (
            "predictor: {format: onnx, path: x}",
            "spec.predictor.path",
            "no such field",
            "belongs to spec.model",
        ),
        (
            "predictor: {class: churn.Model}",
            "spec.predictor.class",
            "not an import path",
            "package.module:Class",
        ),
        ("predictor: {image: a b}", "spec.predictor.image", "has blanks", "registry/name:tag"),
        ("predictor: {image: a, args: x}", "spec.predictor.args", "must be a list, not 'x'", None),
        ("predictor: {image: a, args: [2]}", "spec.predictor.args[0]", "must be text, not 2", 'quotes: "2"'),
        ("transformer: auto", "spec.transformer", "write features, a class or an image", "write class:"),
        ("transformer: {feature: {}}", "spec.transformer.feature", "no such field", "did you mean features?"),
        ("transformer: {image: a, class: 'b:C'}", "spec.transformer", "a class and an image", "only one"),
        (
            "transformer: {features: {}, placement: beside}",
            "spec.transformer.placement",
            "'beside' is not collocated or separate",
            "write collocated or separate",
        ),
        (
            "transformer: {features: {renames: {}}}",
            "spec.transformer.features.renames",
            "no such field",
            "did you mean rename?",
        ),
        (
            "transformer: {features: {rename: {a: c, b: c}}}",
            "spec.transformer.features.rename",
            "'a' and 'b' both become 'c'",
            "a name of its own",
        ),
        (
            "transformer: {features: {select: [a, b, a]}}",
            "spec.transformer.features.select",
            "'a' is selected twice",
            "name it once",
        ),
        (
            "transformer: {features: {select: []}}",
            "spec.transformer.features.select",
            "no column is selected",
            "leave select out",
        ),
        (
            "transformer: {features: {rename: {Age: age}, select: [Age]}}",
            "spec.transformer.features.select",
            "there is no column 'Age' here: it was renamed",
            "write 'age'",
        ),
        (
            "transformer: {features: {rename: {Age: age}, cast: {Age: long}}}",
            "spec.transformer.features.cast",
            "it was renamed",
            "write 'age'",
        ),
        (
            "transformer: {features: {cast: {age: int}}}",
            "spec.transformer.features.cast.age",
            "'int' is not boolean, integer, long",
            "write boolean, integer, long, float",
        ),
        (
            "transformer: {features: {default: {age: old}, cast: {age: long}}}",
            "spec.transformer.features.cast",
            "the default of 'age', 'old', is no long",
            "change the default",
        ),
        (
            "transformer: {features: {default: {age: [1]}}}",
            "spec.transformer.features.default.age",
            "a list is no value of a column",
            "a text, a number, true or false",
        ),
        ("serving: {batch: {rows: 0}}", "spec.serving.batch.rows", "0 is less than 1", "write 1 or more"),
        ("serving: {batch: {row: 1}}", "spec.serving.batch.row", "no such field", "did you mean rows?"),
        ("serving: {batch: {byRow: 1}}", "spec.serving.batch.byRow", "1 is not true or false", "write true"),
        ("serving: {batch: {by_row: true}}", "spec.serving.batch.by_row", "no such field", "mean byRow?"),
        ("serving: {limits: {body: 32MB}}", "spec.serving.limits.body", "is not a quantity", "32Mi or 32M"),
        ("serving: {limits: {body: 32}}", "spec.serving.limits.body", "'32' is less than 1Ki", "write 32Mi"),
        (
            "serving: {limits: {bodySeconds: 0}}",
            "spec.serving.limits.bodySeconds",
            "0 is not more than 0",
            "such as 30",
        ),
        (
            "serving: {limits: {bodySeconds: 30s}}",
            "spec.serving.limits.bodySeconds",
            "'30s' is not a number",
            "without quotes or unit",
        ),
        ("serving: {accessLog: 10}", "spec.serving.accessLog", "10 is more than 1", "write 1 or less"),
        ("serving: {accessLog: -0.1}", "spec.serving.accessLog", "-0.1 is less than 0", "write 0 or more"),
        ("serving: {queue: 3}", "spec.serving.queue", "no such field", "it belongs to spec.serving.limits"),
        ("resources: {gpu: true}", "spec.resources.gpu", "true is not a whole number", "such as 3"),
        (
            "model: {allowVersionSkew: yes}",
            "spec.model.allowVersionSkew",
            "is not true or false",
            "write true",
        ),
        (
            "transformer: {features: {rename: [a]}}",
            "spec.transformer.features.rename",
            "a mapping, not a list",
            "name: value",
        ),
        ("model: {trustedTypes: [a b]}", "spec.model.trustedTypes[0]", "'a b' is no type's", "module.Type"),
        ("transformer: {image: a, arg: []}", "spec.transformer.arg", "no such field", "did you mean args?"),
        ("canry: 10", "spec.canry", "there is no such field", "did you mean canary?"),
        ("min: 10", "spec.min", "there is no such field", "it belongs to spec.scaling"),
        ("replicas: 3", "spec.replicas", "there is no such field", "write min in spec.scaling"),
        ("zebra: 3", "spec.zebra", "no such field", "known: canary, keep, model, predictor, promotion, "),
        ("a.b: 3", "spec['a.b']", "no such field", "known: canary"),
        ("promotion: {true: 3}", "spec.promotion.true", "no such field", "known: alias"),
    ],
)
def test_a_field(spec: str, field: str, message: str, hint: str | None) -> None:
    error = refused(f"{HEAD}  # a comment\n  {spec}\n")
    assert error.field == field
    assert message in error.message
    assert error.message.endswith("(churn.yaml, line 5)")
    assert error.hint is None if hint is None else hint in str(error.hint)


@pytest.mark.parametrize(
    ("text", "field", "message", "hint"),
    [
        ("metadata: {name: Churn Model.v2}", "metadata.name", "is not a name", "use 'churn-model-v2'"),
        ('metadata: {name: "churn\\n"}', "metadata.name", "is not a name", "use 'churn'"),
        (f"metadata: {{name: {'a' * 38}}}", "metadata.name", "has 38 characters", f"use '{'a' * 37}'"),
        ("metadata: {name: 3}", "metadata.name", "must be text, not 3", "quotes"),
        ("metadata: {nmae: churn}", "metadata.nmae", "no such field", "did you mean name?"),
        ("metadata: {}", "metadata.name", "is missing", None),
        ("kind: ModelDeployment", "metadata", "is missing", None),
        ("{kind: Deployment, metadata: {name: a}}", "kind", "not ModelDeployment", "write ModelDeployment"),
        ("{api_version: x, metadata: {name: a}}", "api_version", "no such field", "did you mean apiVersion?"),
        (
            "{apiVersion: platformctl.io/v1, metadata: {name: a}}",
            "apiVersion",
            "is not platformctl.io/v1alpha1",
            "write platformctl.io/v1alpha1",
        ),
    ],
)
def test_the_document(text: str, field: str, message: str, hint: str | None) -> None:
    error = refused(text)
    assert error.field == field
    assert message in error.message
    assert "(churn.yaml, line 1)" in error.message
    assert error.hint is None if hint is None else hint in str(error.hint)


def test_all_that_is_wrong_is_said_at_once_each_with_its_line() -> None:
    error = refused(HEAD + "  canry: 10\n  resources:\n    memory: 2GB\n  scaling:\n    max: 0\n")
    assert str(error) == (
        "spec.resources.memory: '2GB' is not a quantity (churn.yaml, line 6)\n"
        "spec.scaling.max: 0 is less than 1 (line 8); write 1 or more\n"
        "spec.canry: there is no such field (line 4); did you mean canary?"
    )
    assert error.hint == "write 2Gi or 2G"


def test_a_hundred_unknown_fields_do_not_fill_the_terminal() -> None:
    error = refused(HEAD + "".join(f"  x{number}: 1\n" for number in range(100)))
    assert len(error.message.splitlines()) == 21
    assert error.message.endswith("and 80 more")


def test_a_misspelt_required_field_is_one_fault() -> None:
    error = refused("metadta: {name: churn}")
    assert str(error) == "metadta: there is no such field (churn.yaml, line 1)"


def test_a_value_of_thousands_of_characters_is_shortened() -> None:
    for text in ("x" * 5_000, "9" * 5_000):
        error = refused(f"{HEAD}  canary: {text}\n  model: {{alias: {text}.}}\n  {text}: 1\n")
        assert max(len(line) for line in error.message.splitlines()) < 400
    assert len(str(refused(f"metadata: {{name: '{'X' * 5_000}'}}"))) < 400


def test_numbers_are_natural_for_quantities() -> None:
    resources = parse(f"{HEAD}  resources: {{cpu: 0.5, memory: 2147483648}}").spec.resources
    assert (resources.cpu, resources.memory) == ("0.5", "2147483648")
    assert parse(f"{HEAD}  resources: {{cpu: 1}}").spec.resources.cpu == "1"


@pytest.mark.parametrize("alias", ["champion", "Champion", "v3-fast", "latest-eu", "3", "v", "_a", "größer"])
def test_aliases_that_mlflow_takes(alias: str) -> None:
    assert parse(f"{HEAD}  model: {{alias: '{alias}'}}").spec.model.alias == alias


def test_nothing_is_the_default_for_what_is_optional() -> None:
    spec = parse(f"{HEAD}  canary:\n  transformer: null\n  model: {{name: ~}}\n").spec
    assert (spec.canary, spec.transformer, spec.model.name) == (None, None, None)
