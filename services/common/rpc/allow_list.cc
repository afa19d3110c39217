#include "services/common/rpc/allow_list.h"

#include "absl/strings/str_cat.h"
#include "absl/types/optional.h"
#include "services/common/rpc/ids.h"
#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"
#include "u2fi/common/v1/options.pb.h"

namespace u2fi::rpc {
namespace {

absl::optional<Role> RoleOf(int proto_role) {
  switch (proto_role) {
    case common::v1::ROLE_SERVICE:
      return Role::kService;
    case common::v1::ROLE_GATEWAY:
      return Role::kGateway;
    case common::v1::ROLE_OPERATOR:
      return Role::kOperator;
    case common::v1::ROLE_PLATFORM_OPERATOR:
      return Role::kPlatformOperator;
    case common::v1::ROLE_CLIENT:
      return Role::kClient;
    case common::v1::ROLE_REPLICA:
      return Role::kReplica;
    case common::v1::ROLE_LOCAL:
      return Role::kLocal;
    default:
      return absl::nullopt;
  }
}

absl::Status BadMethod(absl::string_view method, absl::string_view problem) {
  return Error(reason::kInternal, absl::StrCat("rpc ", method, " ", problem),
               {{"rpc", std::string(method)}});
}

}  // namespace

bool CallerRule::Allows(const Caller& caller) const {
  if (roles.count(caller.role()) == 0) return false;
  return caller.role() != Role::kService || services.count(caller.name()) > 0;
}

absl::StatusOr<CallerRule> RuleOf(
    const google::protobuf::MethodDescriptor& method) {
  const std::string& name = method.full_name();
  if (!method.options().HasExtension(common::v1::callers)) {
    return BadMethod(name, "declares no callers");
  }
  const auto& callers = method.options().GetExtension(common::v1::callers);
  CallerRule rule;
  for (const int proto_role : callers.roles()) {
    const absl::optional<Role> role = RoleOf(proto_role);
    if (!role.has_value()) return BadMethod(name, "names an unknown role");
    rule.roles.insert(*role);
  }
  if (rule.roles.empty()) return BadMethod(name, "declares no callers");
  for (const std::string& service : callers.services()) {
    if (!IsCanonicalId(service)) {
      return BadMethod(name, "names a service that is not an id");
    }
    rule.services.insert(service);
  }
  if ((rule.roles.count(Role::kService) > 0) == rule.services.empty()) {
    return BadMethod(name, "must have ROLE_SERVICE and services together");
  }
  return rule;
}

std::string PathOf(const google::protobuf::MethodDescriptor& method) {
  return absl::StrCat("/", method.service()->full_name(), "/", method.name());
}

absl::Status AllowList::AddService(
    const google::protobuf::ServiceDescriptor& service) {
  for (int i = 0; i < service.method_count(); ++i) {
    ASSIGN_OR_RETURN(CallerRule rule, RuleOf(*service.method(i)));
    RETURN_IF_ERROR(Add(PathOf(*service.method(i)), rule));
  }
  return absl::OkStatus();
}

absl::Status AllowList::Add(absl::string_view path, const CallerRule& rule) {
  if (!rules_.try_emplace(path, rule).second) {
    return BadMethod(path, "is registered twice");
  }
  return absl::OkStatus();
}

absl::Status AllowList::Check(absl::string_view path,
                              const Caller& caller) const {
  const auto rule = rules_.find(path);
  if (rule == rules_.end()) {
    return Error(reason::kUnimplemented, "there is no such rpc here");
  }
  if (rule->second.Allows(caller)) return absl::OkStatus();
  return Error(reason::kCallerNotAllowed, "this caller may not call this rpc",
               {{"rpc", std::string(path)}, {"caller", caller.uri()}});
}

}  // namespace u2fi::rpc
