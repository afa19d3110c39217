"""The arm64 libraries that tools/sysroot unpacked, as a repository of their own."""

_MISSING = """genrule(
    name = "missing",
    outs = ["packages"],
    cmd = "echo 'the libraries for arm64 are not there: run tools/sysroot' >&2; exit 1",
    tags = ["manual"],
    visibility = ["//visibility:public"],
)
"""

def _arm64_sysroot_impl(ctx):
    sysroot = ctx.path(Label("@u2fi//:WORKSPACE")).dirname.get_child(".deps").get_child("sysroot-arm64")
    if sysroot.exists:
        ctx.symlink(sysroot.get_child("packages"), "packages")
        ctx.file("BUILD", "exports_files([\"packages\"])\n")
        sysroot = sysroot.realpath
    else:
        ctx.file("BUILD", _MISSING)
    ctx.file("path.bzl", "SYSROOT = \"%s\"\n" % sysroot)

# Defines SYSROOT, the folder's absolute path, in path.bzl. `packages` names the
# versions: what depends on it is compiled again when they change. Without the
# folder it cannot be built. --repo_env=U2FI_SYSROOT=anything new looks again.
arm64_sysroot = repository_rule(
    implementation = _arm64_sysroot_impl,
    environ = ["U2FI_SYSROOT"],
    local = True,
)
