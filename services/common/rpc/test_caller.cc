#include "services/common/rpc/test_caller.h"

#include "absl/strings/str_cat.h"
#include "services/common/rpc/caller_factory.h"

namespace u2fi::rpc {

Caller TestCaller(absl::string_view path) {
  if (path == "local") return CallerFactory::Local();
  return CallerFactory::FromUri(absl::StrCat("spiffe://test/", path), "test")
      .value();
}

}  // namespace u2fi::rpc
