#ifndef U2FI_TESTS_INTEGRATION_RPC_MESH_TEST_CASE_H_
#define U2FI_TESTS_INTEGRATION_RPC_MESH_TEST_CASE_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "grpcpp/grpcpp.h"
#include "gtest/gtest.h"
#include "services/common/rpc/fake_echo.h"
#include "services/common/rpc/server.h"
#include "services/common/rpc/tls_identity.h"
#include "tools/dev-ca/test_ca.h"

namespace u2fi::rpc {

// An echo service over real TLS on a free port of loopback, and clients of all
// kinds.
class MeshTestCase : public testing::Test {
 protected:
  // Starts the server, as "service/command-gate" unless told otherwise.
  void Listen(const ServerOptions& options = {},
              const std::string& identity = "service/command-gate");

  std::string Target() const;

  // A channel of ours from `identity` to the gate.
  std::shared_ptr<grpc::Channel> ChannelOf(const std::string& identity);
  // A channel of gRPC's plain TLS, which looks at the host name only, with this
  // certificate, or none if `leaf` is nullptr.
  std::shared_ptr<grpc::Channel> RawChannel(const dev_ca::Leaf* leaf);

  // Says "hello" and gives what came of it.
  absl::Status Say(const std::shared_ptr<grpc::Channel>& channel,
                   const std::string& text = "hello");
  // The same as gRPC has it.
  grpc::Status SayRaw(const std::shared_ptr<grpc::Channel>& channel,
                      const std::string& text = "hello");
  // Calls `path` with these bytes, whatever its shape.
  static grpc::Status CallRaw(const std::shared_ptr<grpc::Channel>& channel,
                              const std::string& path,
                              absl::string_view request = "",
                              std::string* response = nullptr);

  int Entered() const { return echo_.log().entered(); }

  dev_ca::TestCa ca_;
  CallbackEcho echo_;
  std::unique_ptr<TlsIdentity> server_tls_;
  std::unique_ptr<Server> server_;
  // Of the clients, as long as their channels live.
  std::vector<std::unique_ptr<TlsIdentity>> client_tls_;
};

}  // namespace u2fi::rpc

#endif  // U2FI_TESTS_INTEGRATION_RPC_MESH_TEST_CASE_H_
