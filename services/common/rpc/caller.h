#ifndef U2FI_SERVICES_COMMON_RPC_CALLER_H_
#define U2FI_SERVICES_COMMON_RPC_CALLER_H_

#include <string>
#include <utility>

namespace u2fi::rpc {

// What kind of caller a certificate makes of somebody.
enum class Role {
  kService,           // /service/<name>
  kGateway,           // /gateway/<tenant>/<site>/<gateway>
  kOperator,          // /operator/<tenant>/<name>
  kPlatformOperator,  // /operator/-/<name>
  kClient,            // /client/<tenant>/<name>
  kReplica,           // /service/<own name>, on the replicas' listener only
  kLocal,             // whoever may open the agent's Unix socket
};

// Who calls: an identity that was proved. Only common/rpc makes one, from the
// URI in a verified certificate, or from what an in-process server was built
// with; so to hold one is to have checked. Immutable; copies are equal.
class Caller {
 public:
  Role role() const { return role_; }
  // The whole URI, or "local" for Role::kLocal.
  const std::string& uri() const { return uri_; }
  // Canonical id. Empty for services, replicas, platform operators and local
  // callers: those name the tenant in the request.
  const std::string& tenant() const { return tenant_; }
  // Canonical id of the site, for gateways only.
  const std::string& site() const { return site_; }
  // Canonical id of the service, gateway, operator or client; empty for local
  // callers.
  const std::string& name() const { return name_; }

  bool IsService(const char* service) const {
    return role_ == Role::kService && name_ == service;
  }

 private:
  friend class CallerFactory;
  Caller(Role role, std::string uri, std::string tenant, std::string site,
         std::string name)
      : role_(role),
        uri_(std::move(uri)),
        tenant_(std::move(tenant)),
        site_(std::move(site)),
        name_(std::move(name)) {}

  Role role_;
  std::string uri_;
  std::string tenant_;
  std::string site_;
  std::string name_;
};

}  // namespace u2fi::rpc

#endif  // U2FI_SERVICES_COMMON_RPC_CALLER_H_
