#include "tests/e2e/person.h"

#include <unistd.h>

#include <utility>
#include <vector>

#include "services/common/rpc/test_caller.h"
#include "services/common/status/status_matchers.h"
#include "services/gateway-agent/approval_desk.h"
#include "services/gateway-agent/cue.h"
#include "services/gateway-agent/mesh_link.h"
#include "services/gateway-agent/one_gate.h"
#include "services/gateway-agent/socket_tokens.h"
#include "tests/e2e/relay.h"
#include "u2fi/device_registry/records/v1/records.pb.h"

namespace u2fi::e2e {

namespace registry = device_registry::v1;

// The gateway at home, as long as it is switched on.
struct Person::Home {
  explicit Home(Person& person)
      : tokens({person.site_.KeyPath(person.name_)}, person.site_.clock(),
               person.site_.random()),
        desk(*person.identity_, person.site_.clock(), tokens, cue, relay),
        gates(person.site_.ChannelAs(*person.tls_)),
        link(gates, person.site_.clock(), person.site_.random(),
             OneSite::Greeting, std::vector<gateway_agent::MeshHandler*>{&desk},
             gateway_agent::MeshLink::Options()) {
    relay.SetLink(&link);
    link.Start();
    person.site_.WaitForGateway("g-" + person.name_);
  }
  ~Home() { relay.SetLink(nullptr); }

  Relay relay;
  gateway_agent::SocketTokens tokens;
  gateway_agent::TerminalCue cue;
  gateway_agent::ApprovalDesk desk;
  gateway_agent::OneGate gates;
  gateway_agent::MeshLink link;
};

Person::Person(OneSite& site, const std::string& name)
    : site_(site),
      name_(name),
      key_(site.KeyPath(name), site.clock(), site.random()) {
  MakeRecords();
  GoHome();
  Enrol();
  home_.reset();
}

Person::~Person() = default;

void Person::GoHome() { home_ = std::make_unique<Home>(*this); }

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
