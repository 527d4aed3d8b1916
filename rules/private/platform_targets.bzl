"""The targets of `//rules/platforms`, made of the table."""

load(":platforms.bzl", "PLATFORMS", "VARIANTS")

# The names are those of the table.
# buildifier: disable=unnamed-macro
def platform_targets():
    """Declares a constraint setting for each kind of variant, a value for each variant, and a `platform` for each row of the table."""
    for setting, variants in VARIANTS.items():
        native.constraint_setting(
            name = setting,
            default_constraint_value = ":" + variants[0],
        )
        for variant in variants:
            native.constraint_value(
                name = variant,
                constraint_setting = ":" + setting,
            )
    for row in PLATFORMS.values():
        native.platform(
            name = row.name,
            constraint_values = row.constraints,
        )
