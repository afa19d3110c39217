#include "services/common/proof/c/example.h"

#include "gtest/gtest.h"
#include "services/common/proof/c/kit_crypto.h"
#include "services/common/proof/fake_case.h"
#include "services/common/proof/strict.h"

namespace u2fi::proof {
namespace {

class ExampleTest : public testing::Test {
 protected:
  ExampleTest() {
    device_.crypto = KitCrypto();
    device_.id = KitBytes(c_.site.device);
    device_.context = this;
    device_.save = [](void* self, const device_state*) {
      static_cast<ExampleTest*>(self)->story_ += "save ";
    };
    device_.act = [](void* self, const u2fi_verified*) {
      static_cast<ExampleTest*>(self)->story_ += "act ";
    };
    state_.now_ms = c_.site.now_ms;
  }
  u2fi_reason Handle() {
    proof_ = Encode(c_.proof);
    return device_handle(&device_, &state_, KitBytes(c_.command),
                         KitBytes(proof_));
  }
  void Provision() {
    c_.blank = true;
    v1::Command command = c_.site.Command("u2fi.pins", Encode(c_.pins));
    command.set_sequence(1);
    c_.AskFor({Encode(command)}, {c_.Alice()}, v1::PURPOSE_PROVISION);
    ASSERT_EQ(Handle(), U2FI_OK);
  }

  FakeCase c_;
  device device_{};
  device_state state_{};
  std::string proof_, story_;
};

TEST_F(ExampleTest, ItIsProvisionedAndActsOnce) {
  Provision();
  c_.Ask("door.unlock", {c_.Alice()});
  EXPECT_EQ(Handle(), U2FI_OK);
  EXPECT_EQ(story_, "save save act ");
  EXPECT_EQ(Handle(), U2FI_REASON_COUNT) << "a replay";
  EXPECT_EQ(story_, "save save act ");
}

TEST_F(ExampleTest, ItRefusesWhatIsNotApproved) {
  Provision();
  c_.Ask("door.unlock", {c_.Carol()});
  EXPECT_EQ(Handle(), U2FI_TOKEN_ROLE);
  c_.command = c_.site.CommandBytes("door.unlock");
  c_.proof.Clear();
  EXPECT_EQ(Handle(), U2FI_OPERATION_NOT_FREE);
  EXPECT_EQ(story_, "save ");
}

}  // namespace
}  // namespace u2fi::proof
