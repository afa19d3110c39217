// Kill any process at any point of a pin set update (kill -9), start it again:
// registry, agent and device then believe the same set, the old one or the new
// one, and the update was made once at most.
#include <chrono>
#include <iostream>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "services/common/crypto/encoding.h"
#include "services/common/crypto/hash.h"
#include "services/common/file/file.h"
#include "services/common/proof/pin_set.h"
#include "services/common/proof/rules.h"
#include "services/common/rpc/channel.h"
#include "services/common/time/clock.h"
#include "tests/e2e/kill_case.h"

namespace u2fi::e2e {
namespace {

// When to kill after the submission, in milliseconds: before the touch, around
// the approval, Apply, the way down and the report.
constexpr int kMoments[] = {0, 4, 8, 13, 20, 28, 40, 60};
constexpr size_t kMaxFile = 1 << 20;

class PinsKillTest : public KillCase {
 protected:
  // Every revision that the registry has of the camera, newest first.
  std::vector<proof::PinSet> AtRegistry() {
    device_registry::v1::ListPinRevisionsRequest list;
    list.set_device("cam-0");
    device_registry::v1::ListPinRevisionsResponse listed;
    grpc::ClientContext context;
    context.set_wait_for_ready(true);
    rpc::PrepareCall(context, absl::Seconds(10));
    std::vector<proof::PinSet> pins;
    if (!site_->operators().ListPinRevisions(&context, list, &listed).ok()) {
      return pins;
    }
    for (const auto& revision : listed.pin_revisions()) {
      pins.push_back(*proof::PinSet::Parse(revision.pin_set()));
    }
    return pins;
  }
  // Hashes; empty: not known now.
  std::string AtAgent() {
    const auto status = site_->AgentStatus(0);
    if (!status.ok() || status->devices_size() != 1) return "";
    return status->devices(0).pins_hash();
  }
  std::string AtDevice() {
    const auto text = ReadFile(
        absl::StrCat(site_->ca().folder(), "/devices/cam-0/binding.json"),
        kMaxFile);
    if (!text.ok()) return "";
    const auto binding = nlohmann::json::parse(*text, nullptr, false);
    const auto pins =
        crypto::FromBase64Url(binding.value("pins", std::string()));
    return pins.ok() ? crypto::ToString(proof::PinsHash(*pins)) : "";
  }

  // Waits until all three say the same.
  void ExpectAgreement() {
    const absl::Time end = SystemClock().Now() + absl::Seconds(30);
    std::vector<proof::PinSet> pins = AtRegistry();
    const auto agree = [&] {
      if (pins.empty()) return false;
      const std::string hash = crypto::ToString(pins[0].hash());
      return AtAgent() == hash && AtDevice() == hash;
    };
    while (!agree() && SystemClock().Now() < end) {
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
      pins = AtRegistry();
    }
    EXPECT_TRUE(agree()) << site_->Logs() << site_->programs().LogOf("devices");
  }

  // The camera's next set, in which one operation more is forbidden.
  absl::StatusOr<CommandRecord> SubmitOnce() {
    const std::vector<proof::PinSet> present = AtRegistry();
    if (present.empty()) return absl::UnavailableError("the registry is away");
    device_registry::v1::PlanPinsRequest plan;
    plan.set_purpose(proof::v1::PURPOSE_PINS);
    plan.add_devices("cam-0");
    plan.set_replace_rules(true);
    *plan.mutable_rules() = present[0].fields().rules();
    proof::v1::OperationRule& entry = *plan.add_rules();
    entry.set_operation(absl::StrCat("camera.x", present.size()));
    *entry.mutable_rule() = proof::ForbiddenRule();
    device_registry::v1::PlanPinsResponse planned;
    grpc::ClientContext context;
    context.set_wait_for_ready(true);
    rpc::PrepareCall(context, absl::Seconds(10));
    const grpc::Status status =
        site_->clients().PlanPins(&context, plan, &planned);
    if (!status.ok()) return absl::UnavailableError(status.error_message());
    auto request = site_->NewRequest(0);
    request.mutable_item()->set_device("cam-0");
    request.mutable_item()->set_operation("u2fi.pins");
    request.mutable_item()->set_message(planned.plans(0).pin_set());
    request.mutable_options()->set_purpose(proof::v1::PURPOSE_PINS);
    return site_->SubmitRequest(request);
  }
  CommandRecord Submit() {
    return SubmitUntilTaken([this] { return SubmitOnce(); });
  }
};

TEST_P(PinsKillTest, AllAgreeAndItWasMadeOnce) {
  ExpectAgreement();
  size_t before = AtRegistry().size();
  for (const int moment : kMoments) {
    const CommandRecord submitted = Submit();
    ASSERT_FALSE(submitted.name().empty());
    std::this_thread::sleep_for(std::chrono::milliseconds(moment));
    KillAndRestart();
    const CommandRecord ended = WaitForEnd(submitted.name());
    ASSERT_TRUE(ended.has_end_time()) << site_->Logs();
    ExpectAgreement();
    const std::vector<proof::PinSet> pins = AtRegistry();
    std::cout << "killed " << moment << " ms after the submission: "
              << command_gate::v1::CommandState_Name(ended.state()) << " "
              << ended.reason() << ", " << pins.size() << " revisions"
              << std::endl;
    const bool made = pins.size() == before + 1;
    EXPECT_TRUE(made || pins.size() == before);
    EXPECT_TRUE(made ||
                ended.state() != command_gate::v1::COMMAND_STATE_SUCCEEDED);
    before = pins.size();
    ASSERT_FALSE(HasFailure());
  }
  // And one without any trouble.
  const CommandRecord after = WaitForEnd(Submit().name());
  EXPECT_EQ(after.state(), command_gate::v1::COMMAND_STATE_SUCCEEDED)
      << after.ShortDebugString();
  ExpectAgreement();
  EXPECT_EQ(AtRegistry().size(), before + 1);
}

INSTANTIATE_TEST_SUITE_P(Victims, PinsKillTest,
                         testing::ValuesIn(EveryVictim()), NameOfVictim);

}  // namespace
}  // namespace u2fi::e2e
