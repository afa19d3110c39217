#ifndef U2FI_TESTS_LOAD_IDLE_STREAMS_H_
#define U2FI_TESTS_LOAD_IDLE_STREAMS_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "grpcpp/grpcpp.h"
#include "tools/dev-ca/test_ca.h"
#include "u2fi/device_registry/v1/registry.grpc.pb.h"
#include "u2fi/gateway/v1/link.grpc.pb.h"

namespace u2fi::load {

// The identity of a gateway: its certificate and key in PEM, its public key.
struct GatewayIdentity {
  std::string certificate;
  std::string key;
  std::string spki;
};

// Makes the identity of gateway/t1/s1/<gateway>.
GatewayIdentity MakeGatewayIdentity(const dev_ca::TestCa& ca,
                                    const std::string& gateway);

// Records of account ann, her site s1 and these gateways of it: g0, g1, ….
absl::Status CreateGateways(device_registry::v1::DeviceRegistry::Stub& registry,
                            const std::vector<GatewayIdentity>& identities);

// Streams of gateways that have said Hello, been welcomed, and do nothing.
class IdleStreams {
 public:
  IdleStreams();
  ~IdleStreams();

  // Opens one more, on a connection of its own, and waits for the first
  // message of the other side. False if none comes.
  bool Open(const std::string& address, const GatewayIdentity& identity,
            const std::string& roots);
  // The same without TLS.
  bool OpenPlain(const std::string& address);

 private:
  class Stream;
  bool Add(std::shared_ptr<grpc::Channel> channel);
  std::vector<std::unique_ptr<Stream>> streams_;
};

}  // namespace u2fi::load

#endif  // U2FI_TESTS_LOAD_IDLE_STREAMS_H_
