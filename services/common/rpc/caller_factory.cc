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

bool AllCanonical(const std::vector<absl::string_view>& ids) {
  return std::all_of(ids.begin(), ids.end(), IsCanonicalId);
}

}  // namespace

absl::StatusOr<Caller> CallerFactory::FromUri(absl::string_view uri,
                                              absl::string_view trust_domain) {
  if (uri.size() > kScheme.size() + kMaxTrustDomainSize + kMaxPathSize) {
    return Unknown("is too long");
  }
  absl::string_view path = uri;
  if (!absl::ConsumePrefix(&path, kScheme)) return Unknown("is missing");
  if (trust_domain.empty() || !absl::ConsumePrefix(&path, trust_domain) ||
      !absl::ConsumePrefix(&path, "/")) {
    return Unknown("is of another trust domain");
  }
  std::vector<absl::string_view> ids = absl::StrSplit(path, '/');
  const absl::string_view kind = ids.front();
  ids.erase(ids.begin());
  const std::string text(uri);
  if (kind == "operator" && ids.size() == 2 && ids[0] == kPlatform &&
      IsCanonicalId(ids[1])) {
    return Caller(Role::kPlatformOperator, text, "", "", std::string(ids[1]));
  }
  if (!AllCanonical(ids)) return Unknown("has an id that is not canonical");
  const std::vector<std::string> id(ids.begin(), ids.end());
  if (kind == "service" && id.size() == 1) {
    return Caller(Role::kService, text, "", "", id[0]);
  }
  if (kind == "gateway" && id.size() == 3) {
    return Caller(Role::kGateway, text, id[0], id[1], id[2]);
  }
  if (kind == "operator" && id.size() == 2) {
    return Caller(Role::kOperator, text, id[0], "", id[1]);
  }
  if (kind == "client" && id.size() == 2) {
    return Caller(Role::kClient, text, id[0], "", id[1]);
  }
  return Unknown("is of no known kind");
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
