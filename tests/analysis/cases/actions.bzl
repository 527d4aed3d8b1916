"""The action graph: one assembling action a binary, one validating action a wheel, and nothing of the machine in them."""

load("@bazel_skylib//lib:unittest.bzl", "analysistest", "asserts")
load("@monowheel//rules:defs.bzl", "python_binary", "python_library")
load(":subjects.bzl", "SUBJECT", "lines", "only_action")

def _sound(env, action):
    """What holds for each of our actions."""
    asserts.equals(env, {}, dict(action.env), "environment of " + action.mnemonic)
    for argument in action.argv:
        asserts.false(env, argument.startswith("/") or "=/" in argument, "absolute path: " + argument)

def _binary_impl(ctx):
    env = analysistest.begin(ctx)
    ours = [action.mnemonic for action in analysistest.target_actions(env) if action.mnemonic.startswith("Monowheel")]
    asserts.equals(env, ["MonowheelAssemble", "MonowheelSbom", "MonowheelSbom"], ours)
    action = only_action(env, "MonowheelAssemble")
    _sound(env, action)
    asserts.equals(env, "assemble", action.argv[1])
    asserts.equals(env, ["actions_bin"], [file.basename for file in action.outputs.to_list()])

    application = lines(env, "application")[0]
    asserts.equals(env, 1, application["version"])
    asserts.equals(env, "//cases:actions_bin", application["origin"])
    asserts.false(env, "license_policy" in application)
    asserts.equals(env, ["--verbose"], application["args"])
    asserts.equals(env, {"MODE": "fast"}, application["env"])
    asserts.equals(env, ["-Xutf8"], application["interpreter_args"])
    asserts.equals(env, ">=3.11", application["requires_python"])
    asserts.equals(env, "3.11", application["python_version"])
    asserts.equals(env, "x86_64-unknown-linux-gnu", application["platform"])
    asserts.equals(env, [{"kind": "conflict", "path": "site-packages/tests/**", "winner": "alpha"}], lines(env, "conflict"))
    asserts.equals(env, [{"kind": "exclude", "project": "*", "paths": ["**/tests/**"]}], lines(env, "exclude"))

    asserts.equals(
        env,
        {
            "_main/cases/generated.txt": "//cases:generated",
            "_main/cases/lib.py": "//cases:lib.py",
            "_main/cases/main.py": "//cases:main.py",
            "_main/cases/resource.txt": "//cases:resource.txt",
        },
        {line["dest"]: line["origin"] for line in lines(env, "file")},
    )
    asserts.equals(env, ["_main/cases/folder"], [line["dest"] for line in lines(env, "tree")])
    asserts.equals(env, ["_main", "_main/cases"], sorted([line["path"] for line in lines(env, "import")]))
    wheels = {line["origin"]: line for line in lines(env, "wheel")}
    asserts.equals(env, ["@locked//alpha", "@locked//beta"], sorted(wheels))
    asserts.true(env, wheels["@locked//beta"]["path"].endswith("/beta-2.0-py3-none-any.whl"))
    asserts.true(env, wheels["@locked//beta"]["facts"].endswith("/beta-2.0-py3-none-any.whl.facts.json"))

    # Whatever the manifest names is an input, and nothing else is but the tool and the manifest itself.
    named = [line[key] for kind in ["file", "tree", "wheel"] for line in lines(env, kind) for key in ["path", "facts"] if key in line]
    inputs = [file.path for file in action.inputs.to_list() if file.path != action.argv[0] and not file.path.endswith(".params")]
    asserts.equals(env, sorted(named), sorted(inputs))
    return analysistest.end(env)

_binary_test = analysistest.make(_binary_impl)

def _sbom_impl(ctx):
    env = analysistest.begin(ctx)
    target = analysistest.target_under_test(env)
    groups = {"cyclonedx": "actions_bin.cdx.json", "spdx": "actions_bin.spdx.json"}
    for action in [action for action in analysistest.target_actions(env) if action.mnemonic == "MonowheelSbom"]:
        _sound(env, action)
        format = action.argv[action.argv.index("--format") + 1]
        asserts.equals(env, [target[DefaultInfo].files_to_run.executable], [file for file in action.inputs.to_list() if file.path != action.argv[0]])
        asserts.equals(env, action.outputs.to_list(), target[OutputGroupInfo][format].to_list())
        asserts.equals(env, [groups.pop(format)], [file.basename for file in action.outputs.to_list()])
    asserts.equals(env, {}, groups)

    # Whoever builds the target gets none of them.
    asserts.equals(env, ["actions_bin"], [file.basename for file in target[DefaultInfo].files.to_list()])
    return analysistest.end(env)

_sbom_test = analysistest.make(_sbom_impl)

def _wheel_impl(ctx):
    env = analysistest.begin(ctx)
    action = only_action(env, "MonowheelFacts")
    _sound(env, action)
    asserts.equals(env, ["facts", "--wheel"], action.argv[1:3])
    asserts.equals(env, ["--sha256", "--output"], [argument for argument in action.argv[4:] if argument.startswith("--")])
    asserts.equals(env, 1, len(analysistest.target_actions(env)))
    return analysistest.end(env)

_wheel_test = analysistest.make(_wheel_impl)

def _limits_impl(ctx):
    env = analysistest.begin(ctx)
    arguments = only_action(env, "MonowheelFacts").argv
    limits = {name: arguments[index + 1] for index, name in enumerate(arguments) if name.startswith("--max-")}
    asserts.equals(env, {"--max-members": "1000000", "--max-size": "68719476736"}, limits)
    return analysistest.end(env)

_limits_test = analysistest.make(_limits_impl)

def _no_actions_impl(ctx):
    env = analysistest.begin(ctx)
    asserts.equals(env, [], analysistest.target_actions(env))
    return analysistest.end(env)

_no_actions_test = analysistest.make(_no_actions_impl)

def _made_impl(ctx):
    file = ctx.actions.declare_file("generated.txt")
    folder = ctx.actions.declare_directory("folder")
    ctx.actions.write(file, "")
    ctx.actions.run(executable = "false", outputs = [folder], mnemonic = "Never")
    return [DefaultInfo(files = depset([file, folder]))]

_made = rule(implementation = _made_impl, doc = "A file and a directory that a rule makes.")

def actions_cases(name):
    """Declares the cases.

    Args:
        name: prefix of their names.
    """
    _made(name = "generated", tags = SUBJECT)
    python_library(
        name = name + "_lib",
        srcs = ["lib.py"],
        data = ["resource.txt", ":generated"],
        imports = ["."],
        tags = SUBJECT,
        deps = ["@locked//alpha"],
    )
    _no_actions_test(name = name + "_lib_test", target_under_test = name + "_lib")

    python_binary(
        name = name + "_bin",
        srcs = ["main.py"],
        args = ["--verbose"],
        conflicts = {"site-packages/tests/**": "alpha"},
        env = {"MODE": "fast"},
        exclude = {"*": ["**/tests/**"]},
        interpreter_args = ["-Xutf8"],
        main = "main.py",
        requires_python = ">=3.11",
        tags = SUBJECT,
        deps = [name + "_lib"],
    )
    _sbom_test(name = name + "_sbom_test", target_under_test = name + "_bin")
    _binary_test(name = name + "_bin_test", target_under_test = name + "_bin")
    _wheel_test(name = name + "_wheel_test", target_under_test = "@locked__alpha_1_0_py3_none_any//:wheel")
    _limits_test(name = name + "_limits_test", target_under_test = "@locked__beta_2_0_py3_none_any//:wheel")
    _no_actions_test(name = name + "_locked_test", target_under_test = "@locked//alpha")
