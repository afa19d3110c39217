// A gate in the wrong hands, as the registry sees it: an update that nobody
// approved as it is does not become what it hands out.
#include "services/device-registry/registry_test_case.h"
#include "tests/attacks/attack_list.h"

namespace u2fi::attacks {
namespace {

// The device has its second pin set.
class RegistryAttackCase : public device_registry::RegistryTestCase {
 protected:
  void SetUp() override {
    MakeBoundWorld();
    ASSERT_OK(core_->confirmations().Confirm(gate_, ConfirmRequest()));
    ASSERT_OK(Apply(Good()));
    ASSERT_EQ(Device().pins_revision(), 2u);
    NextRequest();
  }
  proof::PinSet Present() {
    device_registry::v1::ListPinRevisionsRequest list;
    list.set_device("lock-1");
    const auto revisions = core_->reader().ListPinRevisions(client_, list);
    EXPECT_OK(revisions);
    return *proof::PinSet::Parse(revisions->pin_revisions(0).pin_set());
  }
  ForgedUpdate::Parts Good() {
    NextRequest();
    return GoodUpdate(site_, Present());
  }
  absl::Status Apply(const ForgedUpdate::Parts& parts) {
    device_registry::v1::ApplyRequest request;
    request.set_tenant("acme");
    *request.mutable_approvals() = parts.proof.approvals();
    request.add_items()->set_command(parts.command);
    return core_->applier().Apply(gate_, request).status();
  }
};

class PinsAtTheRegistryTest : public RegistryAttackCase,
                              public testing::WithParamInterface<ForgedUpdate> {
};

TEST_P(PinsAtTheRegistryTest, NothingChanges) {
  const int commits = Commits();
  EXPECT_FALSE(Apply(GetParam().make(site_, Present())).ok());
  EXPECT_EQ(Commits(), commits);
  EXPECT_EQ(Device().pins_revision(), 2u);
}
INSTANTIATE_TEST_SUITE_P(Each, PinsAtTheRegistryTest,
                         testing::ValuesIn(ForgedUpdates()),
                         NameOf<ForgedUpdate>);

TEST_F(RegistryAttackCase, AnOldUpdateDoesNotComeBack) {
  const ForgedUpdate::Parts old = Good();
  ASSERT_OK(Apply(old));
  ASSERT_OK(Apply(Good()));
  // It is known, and changes nothing.
  ASSERT_OK(Apply(old));
  EXPECT_EQ(Device().pins_revision(), 4u);
}

}  // namespace
}  // namespace u2fi::attacks
