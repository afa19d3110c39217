// A key that joins in the browser and approves at the gateway, and the other
// way round. Real services, real TLS, real U2FHID frames.
#include "tests/e2e/browser.h"

#include <string>

#include "services/common/proof/rules.h"
#include "services/common/proof/strict.h"
#include "services/common/status/status_matchers.h"
#include "tests/e2e/u2f_web_authn.h"
#include "u2fi/proof/v1/operations.pb.h"

namespace u2fi::e2e {
namespace {

using command_gate::v1::CommandItem;
using command_gate::v1::CommandRecord;

class BrowserTest : public testing::Test {
 protected:
  static void ExpectDone(const absl::StatusOr<CommandRecord>& ended) {
    ASSERT_OK(ended);
    EXPECT_EQ(ended->state(), command_gate::v1::COMMAND_STATE_SUCCEEDED)
        << ended->ShortDebugString();
  }
  static CommandItem Act(const std::string& operation,
                         const std::string& arguments = "") {
    CommandItem item;
    item.set_device("account:ann");
    item.set_operation(operation);
    if (!arguments.empty()) item.set_message(arguments);
    return item;
  }
  absl::StatusOr<CommandRecord> EnrolHere() {
    return browser_.Do(Act("u2fi.enrol"), proof::v1::PURPOSE_ENROL);
  }
  // The gateway at home is to be one of ann's own.
  absl::StatusOr<CommandRecord> AddGatewayHere() {
    proof::v1::AccountGatewaysArguments arguments;
    arguments.set_format(1);
    proof::v1::AccountGateway& home = *arguments.add_gateways();
    home.set_id("g1");
    home.set_channel_key(
        crypto::ToString(site_.gateway_key().public_key().SpkiHash()));
    return browser_.Do(Act("u2fi.account.gateways", proof::Encode(arguments)),
                       proof::v1::PURPOSE_TOKEN);
  }

  OneSite site_;
  // The key that is at the gateway, carried over to the browser.
  U2fWebAuthn key_{site_, {site_.KeyPath("key")}};
  Browser browser_{site_, key_};
};

TEST_F(BrowserTest, AKeyThatJoinsInTheBrowserApprovesAtTheGateway) {
  ExpectDone(EnrolHere());
  ASSERT_EQ(site_.Account().keys_size(), 1);
  EXPECT_EQ(site_.Account().gateways_size(), 0);
  ExpectDone(AddGatewayHere());
  ExpectDone(site_.Provision());
  ExpectDone(site_.Run("camera.on"));
}

TEST_F(BrowserTest, AKeyThatJoinsAtTheGatewayApprovesInTheBrowser) {
  ExpectDone(site_.Enrol());
  proof::v1::AccountPolicyArguments arguments;
  arguments.set_format(1);
  proof::v1::OperationRule& rule = *arguments.add_rules();
  rule.set_operation("device.identify");
  *rule.mutable_rule() = proof::OwnerTouchRule();
  ExpectDone(browser_.Do(Act("u2fi.account.policy", proof::Encode(arguments)),
                         proof::v1::PURPOSE_TOKEN));
  EXPECT_EQ(site_.Account().rules_size(), 1);
}

TEST_F(BrowserTest, ASecondKeyJoinsWithTheTouchOfTheFirst) {
  ExpectDone(site_.Enrol());
  site_.PlugInSecondKey();
  U2fWebAuthn keys(site_, {site_.KeyPath("key"), site_.KeyPath("second")});
  Browser both(site_, keys);
  const auto ended = both.Do(Act("u2fi.enrol"), proof::v1::PURPOSE_ENROL);
  ExpectDone(ended);
  EXPECT_EQ(ended->proof().approvals_size(), 2);
  EXPECT_EQ(site_.Account().keys_size(), 2);
}

}  // namespace
}  // namespace u2fi::e2e
