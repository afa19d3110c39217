#include "services/common/rpc/caller_factory.h"

#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "services/common/rpc/ids.h"
#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"

namespace u2fi::rpc {
namespace {

constexpr absl::string_view kScheme = "spiffe://";
constexpr size_t kMaxTrustDomainSize = 255;
// "/operator/" and three ids with their slashes are shorter than this.
constexpr size_t kMaxPathSize = 256;
// In the place of a tenant: the platform itself.
constexpr absl::string_view kPlatform = "-";

absl::Status Unknown(absl::string_view problem) {
  return Error(reason::kCallerUnknown,
               absl::StrCat("the caller's identity ", problem));
}

// One form of path: its first part, and which of the ids that follow it is the
// tenant, the site and the name (-1: none).
struct Form {
  absl::string_view kind;
  Role role;
  size_t ids;
  int tenant, site, name;
};
constexpr Form kForms[] = {
    {"service", Role::kService, 1, -1, -1, 0},
    {"gateway", Role::kGateway, 3, 0, 1, 2},
    {"operator", Role::kOperator, 2, 0, -1, 1},
    {"client", Role::kClient, 2, 0, -1, 1},
};

const Form* FormOf(absl::string_view kind, size_t ids) {
  for (const Form& form : kForms) {
    if (form.kind == kind && form.ids == ids) return &form;
  }
  return nullptr;
}

// What follows the trust domain.
absl::StatusOr<absl::string_view> PathOf(absl::string_view uri,
                                         absl::string_view trust_domain) {
  if (uri.size() > kScheme.size() + kMaxTrustDomainSize + kMaxPathSize) {
    return Unknown("is too long");
  }
  if (!absl::ConsumePrefix(&uri, kScheme)) return Unknown("is missing");
  if (trust_domain.empty() || !absl::ConsumePrefix(&uri, trust_domain) ||
      !absl::ConsumePrefix(&uri, "/")) {
    return Unknown("is of another trust domain");
  }
  return uri;
}

}  // namespace

absl::StatusOr<Caller> CallerFactory::FromUri(absl::string_view uri,
                                              absl::string_view trust_domain) {
  ASSIGN_OR_RETURN(const absl::string_view path, PathOf(uri, trust_domain));
  std::vector<absl::string_view> ids = absl::StrSplit(path, '/');
  const Form* form = FormOf(ids.front(), ids.size() - 1);
  if (form == nullptr) return Unknown("is of no known kind");
  ids.erase(ids.begin());
  const bool platform = form->role == Role::kOperator && ids[0] == kPlatform;
  if (!std::all_of(ids.begin() + (platform ? 1 : 0), ids.end(),
                   IsCanonicalId)) {
    return Unknown("has an id that is not canonical");
  }
  auto id = [&ids](int index) {
    return index < 0 ? std::string() : std::string(ids[index]);
  };
  return Caller(platform ? Role::kPlatformOperator : form->role,
                std::string(uri), platform ? "" : id(form->tenant),
                id(form->site), id(form->name));
}

absl::StatusOr<Caller> CallerFactory::AsReplica(const Caller& caller,
                                                absl::string_view own_name) {
  if (caller.role() != Role::kService || caller.name() != own_name) {
    return Unknown("is not that of another replica");
  }
  return Caller(Role::kReplica, caller.uri(), "", "", caller.name());
}

Caller CallerFactory::Local() {
  return Caller(Role::kLocal, "local", "", "", "");
}

bool IsTrustDomain(absl::string_view domain) {
  if (domain.empty() || domain.size() > kMaxTrustDomainSize) return false;
  return std::all_of(domain.begin(), domain.end(), [](char c) {
    return absl::ascii_islower(c) || absl::ascii_isdigit(c) || c == '.' ||
           c == '-' || c == '_';
  });
}

std::string ServiceUri(absl::string_view trust_domain, absl::string_view name) {
  return absl::StrCat(kScheme, trust_domain, "/service/", name);
}

}  // namespace u2fi::rpc
