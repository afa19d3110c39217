"""Generated C++ for our protos, with the machine's protoc and gRPC plugin."""

_PROTOC = "protoc -I protos -I /usr/include "

def u2fi_proto_library(name, srcs, deps = [], grpc = False):
    """Makes NAME_cc_proto (messages) and, with grpc, NAME_cc_grpc (stubs).

    Args:
      name: prefix of the targets; NAME_protos are the sources.
      srcs: the .proto files, imported by their path below //protos.
      deps: prefixes of the proto libraries that these files import.
      grpc: whether the files have services.
    """
    protos = ["%s_protos" % dep for dep in deps]
    native.filegroup(
        name = name + "_protos",
        srcs = srcs + protos,
        visibility = ["//visibility:public"],
    )
    stems = [src[:-len(".proto")] for src in srcs]
    paths = " ".join(["protos/" + src for src in srcs])
    native.genrule(
        name = name + "_pb",
        srcs = [":%s_protos" % name],
        outs = [stem + ext for stem in stems for ext in (".pb.h", ".pb.cc")],
        cmd = _PROTOC + "--cpp_out=$(RULEDIR) " + paths,
        message = "Generating",
    )
    native.cc_library(
        name = name + "_cc_proto",
        srcs = [stem + ".pb.cc" for stem in stems],
        hdrs = [stem + ".pb.h" for stem in stems],
        copts = ["-w"],
        includes = ["."],
        visibility = ["//visibility:public"],
        # Servers look services up by name: the linker must not drop a file of
        # which nothing else is used.
        alwayslink = grpc,
        deps = ["%s_cc_proto" % dep for dep in deps] + ["//third_party:protobuf"],
    )
    if not grpc:
        return
    native.genrule(
        name = name + "_grpc_pb",
        srcs = [":%s_protos" % name],
        outs = [stem + ext for stem in stems for ext in (".grpc.pb.h", ".grpc.pb.cc")],
        cmd = _PROTOC + "--plugin=protoc-gen-grpc=/usr/bin/grpc_cpp_plugin " +
              "--grpc_out=$(RULEDIR) " + paths,
        message = "Generating",
    )
    native.cc_library(
        name = name + "_cc_grpc",
        srcs = [stem + ".grpc.pb.cc" for stem in stems],
        hdrs = [stem + ".grpc.pb.h" for stem in stems],
        copts = ["-w"],
        includes = ["."],
        visibility = ["//visibility:public"],
        deps = [
            ":%s_cc_proto" % name,
            "//third_party:grpc++",
        ],
    )

def u2fi_descriptor_set(name, protos):
    """Makes NAME.protoset of all files in PROTOS: imports and comments inside, for grpcurl."""
    native.genrule(
        name = name,
        srcs = protos,
        outs = [name + ".protoset"],
        cmd = _PROTOC + "--include_imports --include_source_info --descriptor_set_out=$@ " +
              "$$(for f in $(SRCS); do echo $$f; done)",
        message = "Generating",
        visibility = ["//visibility:public"],
    )
