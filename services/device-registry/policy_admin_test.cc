#include "services/device-registry/policy_admin.h"

#include "services/common/proof/rules.h"
#include "services/device-registry/registry_test_case.h"

namespace u2fi::device_registry {
namespace {

class PolicyAdminTest : public RegistryTestCase {
 protected:
  PolicyAdmin& admin() { return core_->policies(); }

  static v1::UpdateModelRequest Model(const std::string& etag = "") {
    v1::UpdateModelRequest request;
    request.mutable_model()->set_name("models/cam");
    request.mutable_model()->set_etag(etag);
    request.mutable_model()->add_operations()->set_operation("camera.on");
    return request;
  }

  static v1::UpdatePolicyRequest Policy(const std::string& etag = "0") {
    v1::UpdatePolicyRequest request;
    request.mutable_policy()->set_etag(etag);
    proof::v1::OperationRule& rule = *request.mutable_policy()->add_rules();
    rule.set_operation("camera.on");
    *rule.mutable_rule() = proof::TouchUvRule();
    return request;
  }

  v1::GetModelRequest GetRequest() {
    v1::GetModelRequest request;
    request.set_name("models/cam");
    return request;
  }
};

TEST_F(PolicyAdminTest, MakesAModel) {
  ASSERT_OK_AND_ASSIGN(const auto made,
                       admin().UpdateModel(operator_, Model()));
  EXPECT_EQ(made.model().etag(), "1");
  ASSERT_OK_AND_ASSIGN(const auto found,
                       admin().GetModel(client_, GetRequest()));
  EXPECT_EQ(found.model().SerializeAsString(),
            made.model().SerializeAsString());
}

TEST_F(PolicyAdminTest, ReplacesAModelWithItsEtag) {
  ASSERT_OK(admin().UpdateModel(operator_, Model()));
  v1::UpdateModelRequest request = Model("1");
  request.mutable_model()->set_open(true);
  ASSERT_OK_AND_ASSIGN(const auto changed,
                       admin().UpdateModel(operator_, request));
  EXPECT_EQ(changed.model().etag(), "2");
  EXPECT_TRUE(admin().GetModel(client_, GetRequest())->model().open());
}

TEST_F(PolicyAdminTest, RefusesAModelThatExistsWithoutEtag) {
  ASSERT_OK(admin().UpdateModel(operator_, Model()));
  EXPECT_THAT(admin().UpdateModel(operator_, Model()),
              HasReason(reason::kEtagMismatch));
}

TEST_F(PolicyAdminTest, RefusesAnOldEtagOfAModel) {
  ASSERT_OK(admin().UpdateModel(operator_, Model()));
  ASSERT_OK(admin().UpdateModel(operator_, Model("1")));
  EXPECT_THAT(admin().UpdateModel(operator_, Model("1")),
              HasReason(reason::kEtagMismatch));
}

TEST_F(PolicyAdminTest, OneOfTwoAtATimeChangesAModel) {
  ASSERT_OK(admin().UpdateModel(operator_, Model()));
  store_.BeforeNextCommit([this] {
    ASSERT_OK(NewReplica()->core.policies().UpdateModel(operator_, Model("1")));
  });
  EXPECT_THAT(admin().UpdateModel(operator_, Model("1")),
              HasReason(reason::kEtagMismatch));
}

TEST_F(PolicyAdminTest, RefusesAModelThatIsNotInForm) {
  v1::UpdateModelRequest request = Model();
  request.mutable_model()->mutable_operations(0)->set_operation("u2fi.pins");
  EXPECT_THAT(admin().UpdateModel(operator_, request),
              HasReason(reason::kInvalidField));
}

TEST_F(PolicyAdminTest, RefusesANameThatIsNone) {
  v1::UpdateModelRequest request = Model();
  request.mutable_model()->set_name("cam");
  EXPECT_THAT(admin().UpdateModel(operator_, request),
              HasReason(reason::kInvalidField));
}

TEST_F(PolicyAdminTest, ChecksAModelOnlyIfAsked) {
  v1::UpdateModelRequest request = Model();
  request.set_validate_only(true);
  ASSERT_OK(admin().UpdateModel(operator_, request));
  EXPECT_THAT(admin().GetModel(client_, GetRequest()),
              HasReason(reason::kResourceUnknown));
}

TEST_F(PolicyAdminTest, AnotherTenantsModelIsUnknown) {
  ASSERT_OK(admin().UpdateModel(operator_, Model()));
  EXPECT_THAT(admin().GetModel(stranger_, GetRequest()),
              HasReason(reason::kResourceUnknown));
}

TEST_F(PolicyAdminTest, ListsModels) {
  ASSERT_OK(admin().UpdateModel(operator_, Model()));
  MakeModel();
  ASSERT_OK_AND_ASSIGN(const auto list, admin().ListModels(client_, {}));
  ASSERT_EQ(list.models_size(), 2);
  EXPECT_EQ(list.models(0).name(), "models/cam");
  EXPECT_EQ(list.models(1).name(), "models/lock");
}

TEST_F(PolicyAdminTest, ATenantWithoutPolicyHasAnEmptyOne) {
  ASSERT_OK_AND_ASSIGN(const auto found, admin().GetPolicy(operator_, {}));
  EXPECT_EQ(found.policy().name(), "policy");
  EXPECT_EQ(found.policy().etag(), "0");
  EXPECT_TRUE(found.policy().rules().empty());
}

TEST_F(PolicyAdminTest, ReplacesThePolicy) {
  ASSERT_OK_AND_ASSIGN(const auto changed,
                       admin().UpdatePolicy(operator_, Policy()));
  EXPECT_EQ(changed.policy().etag(), "1");
  EXPECT_EQ(admin().GetPolicy(operator_, {})->policy().SerializeAsString(),
            changed.policy().SerializeAsString());
}

TEST_F(PolicyAdminTest, KeepsPoliciesOfTenantsApart) {
  ASSERT_OK(admin().UpdatePolicy(operator_, Policy()));
  EXPECT_EQ(admin().GetPolicy(stranger_, {})->policy().etag(), "0");
}

TEST_F(PolicyAdminTest, RefusesAnOldEtagOfThePolicy) {
  ASSERT_OK(admin().UpdatePolicy(operator_, Policy()));
  EXPECT_THAT(admin().UpdatePolicy(operator_, Policy()),
              HasReason(reason::kEtagMismatch));
}

TEST_F(PolicyAdminTest, RefusesARequestWithoutPolicy) {
  EXPECT_THAT(admin().UpdatePolicy(operator_, {}),
              HasReason(reason::kInvalidField));
}

TEST_F(PolicyAdminTest, RefusesARuleThatContradictsItself) {
  v1::UpdatePolicyRequest request = Policy();
  request.mutable_policy()->mutable_rules(0)->mutable_rule()->set_approvals(9);
  EXPECT_THAT(admin().UpdatePolicy(operator_, request),
              HasReason(reason::kRuleInvalid));
}

TEST_F(PolicyAdminTest, ChecksAPolicyOnlyIfAsked) {
  v1::UpdatePolicyRequest request = Policy();
  request.set_validate_only(true);
  ASSERT_OK(admin().UpdatePolicy(operator_, request));
  EXPECT_EQ(AuditRows(), 0u);
}

}  // namespace
}  // namespace u2fi::device_registry
