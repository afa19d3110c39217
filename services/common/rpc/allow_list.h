#ifndef U2FI_SERVICES_COMMON_RPC_ALLOW_LIST_H_
#define U2FI_SERVICES_COMMON_RPC_ALLOW_LIST_H_

#include <set>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "google/protobuf/descriptor.h"
#include "services/common/rpc/caller.h"

namespace u2fi::rpc {

// Who may call one rpc.
struct CallerRule {
  std::set<Role> roles;
  // Names of the services; only with Role::kService among the roles.
  std::set<std::string> services;

  bool Allows(const Caller& caller) const;
};

// Reads the method option u2fi.common.v1.callers. INTERNAL, naming the method,
// if the option is absent, has no role, an unknown role, services without
// ROLE_SERVICE or the other way round, or a service name that is not
// canonical: a server with such a method must not start.
absl::StatusOr<CallerRule> RuleOf(
    const google::protobuf::MethodDescriptor& method);

// gRPC's path of a method: "/package.Service/Method".
std::string PathOf(const google::protobuf::MethodDescriptor& method);

// Who may call what on one server: what is not in it is refused. Filled when a
// server starts, read-only and thread-safe afterwards.
class AllowList {
 public:
  // Adds every method of `service`. INTERNAL as for RuleOf(), or if the
  // service is there already.
  absl::Status AddService(const google::protobuf::ServiceDescriptor& service);

  // Adds a method that has no option of ours (reflection, channelz, health).
  absl::Status Add(absl::string_view path, const CallerRule& rule);

  // CALLER_NOT_ALLOWED if the rule of `path` does not allow `caller`;
  // UNIMPLEMENTED if there is no such path.
  absl::Status Check(absl::string_view path, const Caller& caller) const;

 private:
  absl::flat_hash_map<std::string, CallerRule> rules_;
};

}  // namespace u2fi::rpc

#endif  // U2FI_SERVICES_COMMON_RPC_ALLOW_LIST_H_
