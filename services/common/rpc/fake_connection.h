#ifndef U2FI_SERVICES_COMMON_RPC_FAKE_CONNECTION_H_
#define U2FI_SERVICES_COMMON_RPC_FAKE_CONNECTION_H_

#include <string>
#include <utility>
#include <vector>

#include "grpcpp/security/auth_context.h"

namespace u2fi::rpc {

// A connection whose certificate had these URIs. Simplification: it has no
// other property.
class FakeConnection : public grpc::AuthContext {
 public:
  explicit FakeConnection(std::vector<std::string> uris)
      : uris_(std::move(uris)) {}

  std::vector<grpc::string_ref> FindPropertyValues(
      const std::string& name) const override {
    if (name != "peer_spiffe_id") return {};
    return {uris_.begin(), uris_.end()};
  }
  bool IsPeerAuthenticated() const override { return true; }
  std::vector<grpc::string_ref> GetPeerIdentity() const override { return {}; }
  std::string GetPeerIdentityPropertyName() const override { return ""; }
  grpc::AuthPropertyIterator begin() const override { return End(); }
  grpc::AuthPropertyIterator end() const override { return End(); }
  void AddProperty(const std::string&, const grpc::string_ref&) override {}
  bool SetPeerIdentityPropertyName(const std::string&) override {
    return false;
  }

 private:
  struct End : grpc::AuthPropertyIterator {};
  std::vector<std::string> uris_;
};

}  // namespace u2fi::rpc

#endif  // U2FI_SERVICES_COMMON_RPC_FAKE_CONNECTION_H_
