#include "tests/e2e/person.h"

#include <unistd.h>

#include <utility>

#include "services/common/rpc/test_caller.h"
#include "services/common/status/status_matchers.h"
#include "tests/e2e/relay.h"
#include "u2fi/device_registry/records/v1/records.pb.h"

namespace u2fi::e2e {

namespace registry = device_registry::v1;

Person::Person(OneSite& site, const std::string& name)
    : site_(site),
      name_(name),
      key_(site.KeyPath(name), site.clock(), site.random()) {
  MakeRecords();
  Enrol();
}

void Person::MakeRecords() {
  const rpc::Caller operator_t1 = rpc::TestCaller("operator/t1/olga");
  registry::CreateAccountRequest account;
  account.set_account_id(name_);
  account.mutable_account()->set_display_name(name_);
  ASSERT_OK(site_.registry().accounts().CreateAccount(operator_t1, account));
  registry::CreateSiteRequest home;
  home.set_site_id("home-" + name_);
  home.mutable_site()->set_owner(name_);
  ASSERT_OK(site_.registry().accounts().CreateSite(operator_t1, home));
  identity_ = site_.AddGateway("home-" + name_, "g-" + name_, tls_);
}

void Person::Enrol() {
  Relay relay;
  gateway_agent::SocketTokens tokens({site_.KeyPath(name_)}, site_.clock(),
                                     site_.random());
  gateway_agent::TerminalCue cue;
  gateway_agent::ApprovalDesk desk(*identity_, site_.clock(), tokens, cue,
                                   relay);
  const auto stub = gateway::v1::GatewayLink::NewStub(site_.ChannelAs(*tls_));
  gateway_agent::MeshLink link(*stub, site_.clock(), site_.random(),
                               OneSite::Greeting,
                               std::vector<gateway_agent::MeshHandler*>{&desk},
                               gateway_agent::MeshLink::Options());
  relay.SetLink(&link);
  link.Start();
  site_.WaitForGateway("g-" + name_);
  command_gate::v1::SubmitCommandRequest enrol;
  enrol.mutable_item()->set_device("account:" + name_);
  enrol.mutable_item()->set_operation("u2fi.enrol");
  enrol.mutable_options()->set_on_behalf_of(name_);
  enrol.mutable_options()->set_purpose(proof::v1::PURPOSE_ENROL);
  enrol.mutable_options()->mutable_place()->set_gateway("g-" + name_);
  const auto submitted = site_.SubmitRequest(enrol);
  ASSERT_OK(submitted);
  const auto done = site_.Wait(submitted->name());
  ASSERT_OK(done);
  EXPECT_EQ(done->state(), command_gate::v1::COMMAND_STATE_SUCCEEDED)
      << done->ShortDebugString();
  relay.SetLink(nullptr);
}

proof::v1::PinnedKey Person::Pinned(uint32_t roles) const {
  registry::GetAccountRequest get;
  get.set_name("accounts/" + name_);
  const auto account = site_.registry().accounts().GetAccount(
      rpc::TestCaller("operator/t1/olga"), get);
  EXPECT_OK(account);
  const registry::AccountKey& key = account->account().keys(0);
  proof::v1::PinnedKey pinned;
  pinned.set_token_id(key.token_id());
  pinned.set_account(name_);
  pinned.set_point(key.point());
  pinned.set_roles(roles);
  return pinned;
}

// Read where the registry keeps it: no rpc gives another account's enrolments
// yet.
proof::v1::EnrolmentProof Person::Enrolment() const {
  const auto partition = store::Partition::Make("device-registry", "t1");
  const auto found = site_.store().Get(
      *partition, {"enrolment/" + name_ + "/" + Pinned(1).token_id()});
  EXPECT_OK(found);
  device_registry::records::v1::EnrolmentRow row;
  EXPECT_TRUE(row.ParseFromString(found->entries[0].value));
  return row.enrolment();
}

}  // namespace u2fi::e2e
