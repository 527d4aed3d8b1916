"""The targets of `//rules/platforms`, made of the table."""

load(":platforms.bzl", "LIBCS", "PLATFORMS")

def platform_targets(name):
    """Declares a constraint value for each libc and a `platform` for each row of the table.

    Args:
        name: name of the constraint setting of the libc.
    """
    native.constraint_setting(
        name = name,
        default_constraint_value = ":" + LIBCS[0],
    )
    for libc in LIBCS:
        native.constraint_value(
            name = libc,
            constraint_setting = ":" + name,
        )
    for row in PLATFORMS.values():
        native.platform(
            name = row.name,
            constraint_values = row.constraints,
        )
