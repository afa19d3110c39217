#ifndef U2FI_SERVICES_DEVICE_REGISTRY_TRANSFER_TEST_CASE_H_
#define U2FI_SERVICES_DEVICE_REGISTRY_TRANSFER_TEST_CASE_H_

#include <utility>
#include <vector>

#include "services/common/proof/pin_set.h"
#include "services/device-registry/registry_test_case.h"

namespace u2fi::device_registry {

// Alice's lock-1, and frank who shall get it: he has the site cottage with the
// gateway gw-9, and enrolled his key there.
class TransferTestCase : public RegistryTestCase {
 protected:
  void SetUp() override {
    MakeBoundWorld();
    ASSERT_OK(core_->confirmations().Confirm(gate_, ConfirmRequest()));
    MakeAccount("frank");
    MakeSite("cottage", "frank");
    MakeGateway(gw9_);
    NextRequest();
    ASSERT_OK(core_->applier().Apply(gate_,
                                     EnrolRequest(frank_, {{&frank_, &gw9_}})));
  }

  void EnrolFranksSecond() {
    NextRequest();
    ASSERT_OK(core_->applier().Apply(
        gate_, EnrolRequest(frank2_, {{&frank2_, &gw9_}, {&frank_, &gw9_}})));
  }

  static v1::PlanPinsRequest PlanRequest() {
    v1::PlanPinsRequest request;
    request.set_purpose(proof::v1::PURPOSE_TRANSFER);
    request.add_devices("lock-1");
    request.set_account("frank");
    return request;
  }
  proof::v1::PinSet Planned() {
    const auto plan = core_->planner().PlanPins(client_, PlanRequest());
    EXPECT_OK(plan);
    return plan.ok() ? plan->plans(0).readable() : proof::v1::PinSet();
  }

  // `next`, touched for by `touches`.
  v1::ApplyRequest Request(
      const proof::v1::PinSet& next, std::vector<proof::FakeTouch> touches,
      proof::v1::Purpose purpose = proof::v1::PURPOSE_TRANSFER) {
    NextRequest();
    proof::FakeRequest fake;
    fake.purpose = purpose;
    fake.commands = {
        site_.CommandBytes("u2fi.pins", proof::PinSet::Encode(next)->bytes())};
    fake.touches = std::move(touches);
    v1::ApplyRequest request;
    request.set_tenant("acme");
    *request.mutable_approvals() = site_.Prove(fake).approvals();
    request.add_items()->set_command(fake.commands[0]);
    return request;
  }
  v1::ApplyRequest ByBoth(const proof::v1::PinSet& next) {
    return Request(next, {{&site_.alice, &site_.gw1}, {&frank_, &gw9_}});
  }

  proof::FakeGateway gw9_{"gw-9", "cottage"};
  proof::FakeToken frank_{"tok-frank", "frank"};
  proof::FakeToken frank2_{"tok-frank2", "frank"};
};

}  // namespace u2fi::device_registry

#endif  // U2FI_SERVICES_DEVICE_REGISTRY_TRANSFER_TEST_CASE_H_
