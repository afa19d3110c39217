// third_party/grpc_idle_tls.cc, as gRPC meets it.
#include <dlfcn.h>

#include "gtest/gtest.h"

namespace u2fi::rpc {
namespace {

// As in openssl/ssl.h, whose names here are BoringSSL's.
constexpr int kMode = 33;
constexpr long kReleaseBuffers = 0x10;
constexpr int kSetOldestVersion = 123;
constexpr long kTls12 = 0x0303;

template <typename Function>
Function OpenSsl(const char* name) {
  return reinterpret_cast<Function>(dlsym(RTLD_DEFAULT, name));
}

TEST(GrpcIdleTls, AContextOfGrpcsGivesItsBuffersBack) {
  const auto method = OpenSsl<const void* (*)()>("TLS_method");
  const auto make = OpenSsl<void* (*)(const void*)>("SSL_CTX_new");
  const auto free = OpenSsl<void (*)(void*)>("SSL_CTX_free");
  // What libgrpc's call finds: this program's.
  const auto control =
      OpenSsl<long (*)(void*, int, long, void*)>("SSL_CTX_ctrl");
  ASSERT_TRUE(method && make && free && control);
  void* context = make(method());
  ASSERT_NE(context, nullptr);
  EXPECT_EQ(control(context, kMode, 0, nullptr) & kReleaseBuffers, 0);
  EXPECT_EQ(control(context, kSetOldestVersion, kTls12, nullptr), 1);
  EXPECT_EQ(control(context, kMode, 0, nullptr) & kReleaseBuffers,
            kReleaseBuffers);
  free(context);
}

}  // namespace
}  // namespace u2fi::rpc
