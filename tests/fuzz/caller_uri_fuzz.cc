// The URI of a caller: whatever is accepted is exactly one spelling of ids
// that are all canonical.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "absl/strings/str_cat.h"
#include "services/common/rpc/caller_factory.h"
#include "services/common/rpc/ids.h"

namespace {

using u2fi::rpc::Caller;
using u2fi::rpc::Role;

std::string PathOf(const Caller& caller) {
  switch (caller.role()) {
    case Role::kService:
      return absl::StrCat("service/", caller.name());
    case Role::kGateway:
      return absl::StrCat("gateway/", caller.tenant(), "/", caller.site(), "/",
                          caller.name());
    case Role::kOperator:
      return absl::StrCat("operator/", caller.tenant(), "/", caller.name());
    case Role::kPlatformOperator:
      return absl::StrCat("operator/-/", caller.name());
    case Role::kClient:
      return absl::StrCat("client/", caller.tenant(), "/", caller.name());
    default:
      std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string uri(reinterpret_cast<const char*>(data), size);
  const auto caller = u2fi::rpc::CallerFactory::FromUri(uri, "d");
  if (!caller.ok()) return 0;
  if (absl::StrCat("spiffe://d/", PathOf(*caller)) != uri) std::abort();
  for (const std::string& id :
       {caller->tenant(), caller->site(), caller->name()}) {
    if (!id.empty() && !u2fi::rpc::IsCanonicalId(id)) std::abort();
  }
  return 0;
}
