// gRPC's TLS sent bytes that are no record when a write ended exactly at the
// end of a record (third_party/grpc_tls_flush.cc): messages of every length
// must arrive over one connection.
#include <memory>
#include <string>

#include "services/common/status/status_matchers.h"
#include "tests/integration/rpc/mesh_test_case.h"

namespace u2fi::rpc {
namespace {

// More than two records of a server (server.cc).
constexpr size_t kLongest = 3 * 2048;

using RecordSizesTest = MeshTestCase;

TEST_F(RecordSizesTest, EveryAnswerArrives) {
  Listen();
  const std::shared_ptr<grpc::Channel> channel = ChannelOf("client/t1/app");
  for (size_t length = 1; length < kLongest; ++length) {
    ASSERT_OK(Say(channel, std::string(length, 'x'))) << length;
  }
}

}  // namespace
}  // namespace u2fi::rpc
