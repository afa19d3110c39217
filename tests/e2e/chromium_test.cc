// What a real browser makes of our challenges, and we of its answers. Real
// services, real TLS, real Chromium.
#include "tests/e2e/chromium.h"

#include <string>

#include "services/common/proof/rules.h"
#include "services/common/proof/strict.h"
#include "services/common/status/status_matchers.h"
#include "tests/e2e/browser.h"
#include "tests/e2e/one_site.h"
#include "u2fi/proof/v1/operations.pb.h"

namespace u2fi::e2e {
namespace {

using command_gate::v1::CommandItem;
using command_gate::v1::CommandRecord;
using testing::HasSubstr;

CommandItem Act(const std::string& operation, const std::string& arguments) {
  CommandItem item;
  item.set_device("account:ann");
  item.set_operation(operation);
  if (!arguments.empty()) item.set_message(arguments);
  return item;
}

// By what the key speaks.
class ChromiumTest : public testing::TestWithParam<const char*> {
 protected:
  absl::StatusOr<CommandRecord> Enrol(const std::string& origin) {
    RETURN_IF_ERROR(Open(origin));
    Browser browser(site_, *page_);
    return browser.Do(Act("u2fi.enrol", ""), proof::v1::PURPOSE_ENROL);
  }
  // "device.identify is to need ann's touch."
  absl::StatusOr<CommandRecord> ChangePolicy() {
    proof::v1::AccountPolicyArguments arguments;
    arguments.set_format(1);
    proof::v1::OperationRule& rule = *arguments.add_rules();
    rule.set_operation("device.identify");
    *rule.mutable_rule() = proof::OwnerTouchRule();
    Browser browser(site_, *page_);
    return browser.Do(Act("u2fi.account.policy", proof::Encode(arguments)),
                      proof::v1::PURPOSE_TOKEN);
  }
  static void ExpectDone(const absl::StatusOr<CommandRecord>& ended) {
    ASSERT_OK(ended);
    EXPECT_EQ(ended->state(), command_gate::v1::COMMAND_STATE_SUCCEEDED)
        << ended->ShortDebugString();
  }
  static void ExpectRefused(const absl::StatusOr<CommandRecord>& ended,
                            const std::string& reason) {
    EXPECT_EQ(ended.status().code(), absl::StatusCode::kPermissionDenied);
    EXPECT_THAT(std::string(ended.status().message()), HasSubstr(reason));
  }
  absl::Status Open(const std::string& origin) {
    if (page_ != nullptr) return absl::OkStatus();
    Chromium::Options options;
    options.origin = origin;
    options.protocol = GetParam();
    ASSIGN_OR_RETURN(page_, Chromium::Open(options));
    return absl::OkStatus();
  }

  OneSite site_;
  std::unique_ptr<Chromium> page_;
};

INSTANTIATE_TEST_SUITE_P(Protocols, ChromiumTest,
                         testing::Values("ctap2", "u2f"),
                         [](const auto& info) { return info.param; });

TEST_P(ChromiumTest, AKeyJoinsAndApproves) {
  ExpectDone(Enrol(OneSite::kPortal));
  EXPECT_EQ(site_.Account().keys_size(), 1);
  ExpectDone(ChangePolicy());
  EXPECT_EQ(site_.Account().rules_size(), 1);
}

TEST_P(ChromiumTest, AKeyDoesNotJoinTwice) {
  ExpectDone(Enrol(OneSite::kPortal));
  ExpectRefused(Enrol(OneSite::kPortal), "InvalidStateError");
  EXPECT_EQ(site_.Account().keys_size(), 1);
}

// The browser lets a neighbour of the portal use the relying party's id.
TEST_P(ChromiumTest, AnotherPageOfTheDomainIsRefusedByUs) {
  ExpectRefused(Enrol("https://blog.u2fi.test"), "ORIGIN_MISMATCH");
  EXPECT_EQ(site_.Account().keys_size(), 0);
}

TEST_P(ChromiumTest, APageOfAnotherDomainIsRefusedByTheBrowser) {
  ExpectRefused(Enrol("https://portal.u2fi-test.example"), "SecurityError");
}

}  // namespace
}  // namespace u2fi::e2e
