#include "services/device-registry/policy_checks.h"

#include "absl/strings/str_cat.h"
#include "services/common/proof/rules.h"
#include "services/common/status/status_matchers.h"

namespace u2fi::device_registry {
namespace {

v1::Model GoodModel() {
  v1::Model model;
  model.set_name("models/lock");
  model.set_display_name("A lock");
  v1::ModelOperation& unlock = *model.add_operations();
  unlock.set_operation("door.unlock");
  unlock.set_title("Unlock the door");
  *unlock.mutable_rule() = proof::TouchRule();
  unlock.add_secret_fields("wifi.password");
  model.add_operations()->set_operation("door.state");
  return model;
}

v1::Policy GoodPolicy() {
  v1::Policy policy;
  proof::v1::OperationRule& rule = *policy.add_rules();
  rule.set_operation("door.unlock");
  *rule.mutable_rule() = proof::TouchUvRule();
  policy.set_release_deadline_s(60);
  policy.set_lease_grace_s(604'800);
  return policy;
}

// The path of the field that `status` names.
std::string FieldOf(const absl::Status& status) {
  const auto fields = FieldsOf(status);
  return fields.empty() ? "" : fields.begin()->first;
}

TEST(CheckModelTest, TakesAGoodOne) { EXPECT_OK(CheckModel(GoodModel())); }

TEST(CheckModelTest, TakesOneWithoutOperations) {
  EXPECT_OK(CheckModel(v1::Model()));
}

TEST(CheckModelTest, RefusesALongName) {
  v1::Model model = GoodModel();
  model.set_display_name(std::string(129, 'n'));
  EXPECT_EQ(FieldOf(CheckModel(model)), "model.display_name");
}

TEST(CheckModelTest, RefusesMoreThan256Operations) {
  v1::Model model;
  for (int i = 0; i < 256; ++i) {
    model.add_operations()->set_operation(absl::StrCat("op", i));
  }
  EXPECT_OK(CheckModel(model));
  model.add_operations()->set_operation("one.more");
  EXPECT_EQ(FieldOf(CheckModel(model)), "model.operations");
}

TEST(CheckModelTest, RefusesAnOperationThatIsThereTwice) {
  v1::Model model = GoodModel();
  model.mutable_operations(1)->set_operation("door.unlock");
  EXPECT_EQ(FieldOf(CheckModel(model)), "model.operations");
}

TEST(CheckModelTest, RefusesANameThatIsNoOperation) {
  v1::Model model = GoodModel();
  model.mutable_operations(1)->set_operation("Door Unlock");
  EXPECT_EQ(FieldOf(CheckModel(model)), "model.operations[1].operation");
}

TEST(CheckModelTest, RefusesAReservedOperation) {
  v1::Model model = GoodModel();
  model.mutable_operations(1)->set_operation("u2fi.pins");
  EXPECT_EQ(FieldOf(CheckModel(model)), "model.operations[1].operation");
}

TEST(CheckModelTest, RefusesALongTitle) {
  v1::Model model = GoodModel();
  model.mutable_operations(0)->set_title(std::string(65, 't'));
  EXPECT_EQ(FieldOf(CheckModel(model)), "model.operations[0].title");
}

TEST(CheckModelTest, RefusesMoreThanEightSecretFields) {
  v1::Model model = GoodModel();
  for (int i = 0; i < 8; ++i) {
    model.mutable_operations(0)->add_secret_fields(absl::StrCat("f", i));
  }
  EXPECT_EQ(FieldOf(CheckModel(model)), "model.operations[0].secret_fields");
}

TEST(CheckModelTest, RefusesASecretFieldThatIsNoPath) {
  for (const char* path : {"", ".", "a.", ".a", "a..b", "a b", "a[0]"}) {
    v1::Model model = GoodModel();
    model.mutable_operations(0)->set_secret_fields(0, path);
    EXPECT_EQ(FieldOf(CheckModel(model)), "model.operations[0].secret_fields")
        << path;
  }
}

TEST(CheckModelTest, RefusesALongSecretField) {
  v1::Model model = GoodModel();
  model.mutable_operations(0)->set_secret_fields(0, std::string(129, 'a'));
  EXPECT_THAT(CheckModel(model), HasReason(reason::kInvalidField));
}

TEST(CheckModelTest, RefusesARuleThatContradictsItself) {
  v1::Model model = GoodModel();
  model.mutable_operations(0)->mutable_rule()->set_kind(
      proof::v1::RULE_KIND_FREE);
  const absl::Status status = CheckModel(model);
  EXPECT_THAT(status, HasReason(reason::kRuleInvalid));
  EXPECT_EQ(MetadataOf(status)["operation"], "door.unlock");
}

TEST(CheckModelTest, RefusesARuleWithoutKind) {
  v1::Model model = GoodModel();
  model.mutable_operations(0)->mutable_rule()->clear_kind();
  EXPECT_THAT(CheckModel(model), HasReason(reason::kRuleInvalid));
}

TEST(CheckPolicyTest, TakesAGoodOne) { EXPECT_OK(CheckPolicy(GoodPolicy())); }

TEST(CheckPolicyTest, TakesAnEmptyOne) { EXPECT_OK(CheckPolicy(v1::Policy())); }

TEST(CheckPolicyTest, TakesARuleForAReservedOperation) {
  v1::Policy policy = GoodPolicy();
  policy.mutable_rules(0)->set_operation("u2fi.pins");
  EXPECT_OK(CheckPolicy(policy));
}

TEST(CheckPolicyTest, RefusesAReservedOperationThatIsFree) {
  v1::Policy policy = GoodPolicy();
  policy.mutable_rules(0)->set_operation("u2fi.pins");
  *policy.mutable_rules(0)->mutable_rule() = proof::FreeRule();
  EXPECT_THAT(CheckPolicy(policy), HasReason(reason::kRuleInvalid));
}

TEST(CheckPolicyTest, RefusesAnOperationThatIsThereTwice) {
  v1::Policy policy = GoodPolicy();
  *policy.add_rules() = policy.rules(0);
  EXPECT_EQ(FieldOf(CheckPolicy(policy)), "policy.rules");
}

TEST(CheckPolicyTest, RefusesANameThatIsNoOperation) {
  v1::Policy policy = GoodPolicy();
  policy.mutable_rules(0)->set_operation("");
  EXPECT_EQ(FieldOf(CheckPolicy(policy)), "policy.rules[0].operation");
}

TEST(CheckPolicyTest, RefusesAReleaseDeadlineOutOfBounds) {
  v1::Policy policy = GoodPolicy();
  policy.set_release_deadline_s(59);
  EXPECT_EQ(FieldOf(CheckPolicy(policy)), "policy.release_deadline_s");
  policy.set_release_deadline_s(2'592'000);
  EXPECT_OK(CheckPolicy(policy));
  policy.set_release_deadline_s(2'592'001);
  EXPECT_EQ(FieldOf(CheckPolicy(policy)), "policy.release_deadline_s");
}

TEST(CheckPolicyTest, RefusesAGraceOutOfBounds) {
  v1::Policy policy = GoodPolicy();
  policy.set_lease_grace_s(604'801);
  EXPECT_EQ(FieldOf(CheckPolicy(policy)), "policy.lease_grace_s");
}

}  // namespace
}  // namespace u2fi::device_registry
