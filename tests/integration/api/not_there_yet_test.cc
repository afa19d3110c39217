// Calls every rpc of every service over real TLS, as somebody who may, and
// compares those that answer UNIMPLEMENTED with the README's list: an rpc
// cannot be forgotten, and the list cannot grow old.
#include <fstream>
#include <set>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "tests/integration/api/api_server.h"
#include "u2fi/common/v1/options.pb.h"

namespace u2fi {
namespace {

using google::protobuf::MethodDescriptor;
using google::protobuf::ServiceDescriptor;

constexpr char kBegin[] = "<!-- not there yet: begin -->";
constexpr char kEnd[] = "<!-- not there yet: end -->";

// Somebody who may call the method; for listeners of other kinds anybody.
std::string CallerOf(const MethodDescriptor& method) {
  const common::v1::AllowedCallers& callers =
      method.options().GetExtension(common::v1::callers);
  for (const int role : callers.roles()) {
    switch (role) {
      case common::v1::ROLE_SERVICE:
        return "service/" + callers.services(0);
      case common::v1::ROLE_GATEWAY:
        return "gateway/t1/s1/g1";
      case common::v1::ROLE_OPERATOR:
        return "operator/t1/olga";
      case common::v1::ROLE_PLATFORM_OPERATOR:
        return "operator/-/root";
      case common::v1::ROLE_CLIENT:
        return "client/t1/app";
      default:
        break;
    }
  }
  return "service/command-gate";
}

std::set<std::string> ReadmeList() {
  std::ifstream readme("README.md");
  EXPECT_TRUE(readme.is_open());
  std::set<std::string> list;
  bool inside = false;
  for (std::string line; std::getline(readme, line);) {
    if (line == kEnd) inside = false;
    if (inside && absl::StartsWith(line, "u2fi.")) list.insert(line);
    if (line == kBegin) inside = true;
  }
  return list;
}

TEST(NotThereYetTest, TheReadmeListsExactlyTheRpcsWithoutBehaviour) {
  ApiServer server;
  std::set<std::string> without;
  for (const ServiceDescriptor* service : AllServices()) {
    for (int i = 0; i < service->method_count(); ++i) {
      const MethodDescriptor& method = *service->method(i);
      if (server.Call(method, CallerOf(method)).status.error_code() ==
          grpc::StatusCode::UNIMPLEMENTED) {
        without.insert(absl::StrCat(service->full_name(), "/", method.name()));
      }
    }
  }
  EXPECT_EQ(without, ReadmeList());
}

}  // namespace
}  // namespace u2fi
