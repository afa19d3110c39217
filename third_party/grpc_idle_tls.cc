// A twelfth less memory for each of a server's idle connections: OpenSSL gives
// its record buffers back between two records (SSL_MODE_RELEASE_BUFFERS), which
// gRPC 1.51 has no option for. They are 17 KiB each, and a gateway's stream
// sends a record now and then. For programs that hold thousands of streams.
//
// gRPC calls SSL_CTX_ctrl for each context that it makes (to set the oldest
// version of TLS), and a program's function goes before that of a shared
// library with the same name. BoringSSL, which is inside our programs, has no
// function of that name.
#include <dlfcn.h>

#include <cstdlib>

extern "C" long SSL_CTX_ctrl(void* context, int command, long number,
                             void* pointer);

namespace {

// As in openssl/ssl.h of OpenSSL 3.
constexpr int kMode = 33;               // SSL_CTRL_MODE
constexpr long kReleaseBuffers = 0x10;  // SSL_MODE_RELEASE_BUFFERS
constexpr int kSetOldestVersion = 123;  // SSL_CTRL_SET_MIN_PROTO_VERSION

using Control = decltype(&SSL_CTX_ctrl);

Control OpenSslsOwn() {
  void* found = dlsym(RTLD_NEXT, "SSL_CTX_ctrl");
  // libgrpc would not have been loaded without it.
  if (found == nullptr) abort();
  return reinterpret_cast<Control>(found);
}

}  // namespace

long SSL_CTX_ctrl(void* context, int command, long number, void* pointer) {
  static const Control own = OpenSslsOwn();
  if (command == kSetOldestVersion) {
    own(context, kMode, kReleaseBuffers, nullptr);
  }
  return own(context, command, number, pointer);
}
