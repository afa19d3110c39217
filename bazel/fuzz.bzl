"""A fuzz target that is also a test: plain builds replay the corpus, --config=fuzz explores."""

def u2fi_fuzz_test(name, srcs, corpus, deps):
    """Makes the cc_test NAME of a source that defines LLVMFuzzerTestOneInput.

    Args:
      name: ends in _fuzz; the corpus lives in corpus/<name without _fuzz>/.
      srcs: the one source.
      corpus: files replayed in plain builds and the seeds of --config=fuzz.
      deps: what the source includes.
    """
    if not corpus:
        fail("%s: a fuzz target needs a corpus" % name)
    native.cc_test(
        name = name,
        size = "small",
        srcs = srcs,
        args = ["$(locations :%s_corpus)" % name],
        data = [":%s_corpus" % name],
        # One engine or the other defines main().
        linkopts = select({
            "//tests/fuzz:libfuzzer": ["-fsanitize=fuzzer"],
            "//conditions:default": [],
        }),
        deps = deps + select({
            "//tests/fuzz:libfuzzer": [],
            "//conditions:default": ["//tests/fuzz:replay_main"],
        }),
    )
    native.filegroup(
        name = name + "_corpus",
        srcs = corpus,
    )
