#!/bin/sh
echo 'coverage is not supported with this Bazel' >&2
exit 1
