#ifndef U2FI_TESTS_E2E_SITE_CONFIG_H_
#define U2FI_TESTS_E2E_SITE_CONFIG_H_

#include <map>
#include <string>
#include <vector>

#include "google/protobuf/message.h"
#include "services/common/mqtt/broker_options.h"
#include "tools/dev-ca/test_ca.h"
#include "u2fi/config/v1/config.pb.h"

namespace u2fi::e2e {

// Where the programs of a deployment listen, "host:port" by name; in standalone
// all are the same.
using Addresses = std::map<std::string, std::string>;

// The name of a replica: "challenge", "challenge-1", ….
std::string InstanceName(const std::string& service, int index);
// The names of the listeners of a replica of the gate.
std::string GateName(int index);
std::string ReplicaName(int index);

// Writes configuration files for the programs of one deployment into the CA's
// folder, with certificates from it. Tenant t1, relying party u2fi.test.
class SiteConfig {
 public:
  // The store: this Redis, or a SQLite file if it has no address. `ca` must
  // outlive this object.
  SiteConfig(const dev_ca::TestCa& ca, Addresses addresses,
             config::v1::RedisStoreConfig redis);

  // Certificate and key of an identity, made when first asked for.
  const rpc::TlsFiles& FilesOf(const std::string& identity);

  // The gate tells this address of what waits in tenant t1.
  void AddWebhook(const std::string& url, const std::string& key);

  // What each service sets aside for connections, and how many it takes a
  // second; 0: the default.
  void SetConnections(uint32_t memory_mib, uint32_t accepts_per_second) {
    memory_mib_ = memory_mib;
    accepts_per_second_ = accepts_per_second;
  }

  // Each writes a file and returns its path.
  std::string Standalone();
  // Of one replica. Peers go round all that have an address.
  std::string Challenge(int index = 0);
  std::string Attestation(int index = 0);
  std::string Registry(int index = 0);
  // Of the replica `index` of the gate, of `count`. Other than the first one it
  // listens at `command-gate-1`, …; others reach it at `replica-0`, ….
  std::string Gate(int index = 0, int count = 1);
  // Of the gateway `gateway` at the site `site`, with soft tokens at these
  // sockets.
  std::string Agent(const std::string& site, const std::string& gateway,
                    const mqtt::BrokerOptions& broker,
                    const std::vector<std::string>& tokens);

 private:
  // All replicas of a service, for those who connect to any.
  std::string Target(const std::string& service) const;
  template <typename Config>
  void SetCommon(const std::string& service, int index, Config& config);
  template <typename Peer>
  void SetPeer(const std::string& service, Peer& peer) const;
  template <typename Settings>
  void SetRegistry(Settings& settings) const;
  template <typename Tls>
  void SetTls(const std::string& identity, Tls& tls);
  std::string Write(const std::string& name,
                    const google::protobuf::Message& config) const;

  const dev_ca::TestCa& ca_;
  const Addresses addresses_;
  const config::v1::RedisStoreConfig redis_;
  config::v1::CommandGateSettings gate_;
  uint32_t memory_mib_ = 0;
  uint32_t accepts_per_second_ = 0;
  std::map<std::string, rpc::TlsFiles> files_;
};

}  // namespace u2fi::e2e

#endif  // U2FI_TESTS_E2E_SITE_CONFIG_H_
