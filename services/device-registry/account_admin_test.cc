#include "services/device-registry/account_admin.h"

#include "gmock/gmock.h"
#include "services/device-registry/registry_test_case.h"
#include "services/device-registry/requests.h"

namespace u2fi::device_registry {
namespace {

class AccountAdminTest : public RegistryTestCase {
 protected:
  AccountAdmin& admin() { return core_->accounts(); }

  static v1::CreateAccountRequest NewAccount(const std::string& id) {
    v1::CreateAccountRequest request;
    request.set_account_id(id);
    request.mutable_account()->set_display_name("Änne");
    return request;
  }

  static v1::CreateSiteRequest NewSite(const std::string& id,
                                       const std::string& owner) {
    v1::CreateSiteRequest request;
    request.set_site_id(id);
    request.mutable_site()->set_owner(owner);
    request.mutable_site()->set_display_name("At home");
    return request;
  }

  void ExpectRefused(const v1::CreateAccountRequest& request,
                     const Reason& reason) {
    EXPECT_THAT(admin().CreateAccount(operator_, request), HasReason(reason));
    EXPECT_EQ(AuditRows(), 0u);
  }
};

TEST_F(AccountAdminTest, MakesAnAccount) {
  ASSERT_OK_AND_ASSIGN(const auto made,
                       admin().CreateAccount(client_, NewAccount("ann")));
  EXPECT_EQ(made.account().name(), "accounts/ann");
  EXPECT_EQ(made.account().display_name(), "Änne");
  EXPECT_EQ(made.account().etag(), "1");
  EXPECT_EQ(ToMillis(made.account().create_time()), UnixMillis(clock_));
  EXPECT_EQ(Account("ann").SerializeAsString(),
            made.account().SerializeAsString());
}

TEST_F(AccountAdminTest, WritesARowWithoutTheName) {
  ASSERT_OK(admin().CreateAccount(client_, NewAccount("ann")));
  EXPECT_EQ(AuditRows(), 1u);
  const auto rows = memory_.Scan(*store::Partition::Make(kService, "acme"),
                                 "audit/row/", "", 10);
  EXPECT_THAT(rows->items[0].value, testing::Not(testing::HasSubstr("Änne")));
}

TEST_F(AccountAdminTest, TakesNothingButTheNameFromTheRequest) {
  v1::CreateAccountRequest request = NewAccount("ann");
  request.mutable_account()->add_keys()->set_token_id("k1");
  request.mutable_account()->add_gateways()->set_id("g1");
  request.mutable_account()->add_rules()->set_operation("pay");
  ASSERT_OK_AND_ASSIGN(const auto made,
                       admin().CreateAccount(client_, request));
  EXPECT_TRUE(made.account().keys().empty());
  EXPECT_TRUE(made.account().gateways().empty());
  EXPECT_TRUE(made.account().rules().empty());
}

TEST_F(AccountAdminTest, RefusesAnAccountThatExists) {
  ASSERT_OK(admin().CreateAccount(client_, NewAccount("ann")));
  EXPECT_THAT(admin().CreateAccount(client_, NewAccount("ann")),
              HasReason(reason::kResourceExists));
  EXPECT_EQ(AuditRows(), 1u);
}

TEST_F(AccountAdminTest, OneOfTwoAtATimeMakesTheAccount) {
  store_.BeforeNextCommit(
      [this] { ASSERT_OK(admin().CreateAccount(client_, NewAccount("ann"))); });
  EXPECT_THAT(admin().CreateAccount(client_, NewAccount("ann")),
              HasReason(reason::kResourceExists));
}

TEST_F(AccountAdminTest, RefusesAnIdThatIsNone) {
  ExpectRefused(NewAccount("Ann"), reason::kInvalidField);
}

TEST_F(AccountAdminTest, RefusesALongName) {
  v1::CreateAccountRequest request = NewAccount("ann");
  request.mutable_account()->set_display_name(std::string(129, 'a'));
  ExpectRefused(request, reason::kInvalidField);
}

TEST_F(AccountAdminTest, RefusesANameThatLooksLikeAnother) {
  v1::CreateAccountRequest request = NewAccount("ann");
  request.mutable_account()->set_display_name("nna\u202e");
  ExpectRefused(request, reason::kInvalidField);
}

TEST_F(AccountAdminTest, RefusesAnotherTenant) {
  v1::CreateAccountRequest request = NewAccount("ann");
  request.set_tenant("other");
  ExpectRefused(request, reason::kTenantMismatch);
}

TEST_F(AccountAdminTest, ChecksOnlyIfAsked) {
  v1::CreateAccountRequest request = NewAccount("ann");
  request.set_validate_only(true);
  ASSERT_OK(admin().CreateAccount(client_, request));
  EXPECT_EQ(AuditRows(), 0u);
  EXPECT_OK(admin().CreateAccount(client_, NewAccount("ann")));
}

TEST_F(AccountAdminTest, AnotherTenantsAccountIsUnknown) {
  ASSERT_OK(admin().CreateAccount(client_, NewAccount("ann")));
  v1::GetAccountRequest request;
  request.set_name("accounts/ann");
  EXPECT_THAT(admin().GetAccount(stranger_, request),
              HasReason(reason::kResourceUnknown));
}

TEST_F(AccountAdminTest, RefusesANameOfAnotherCollection) {
  v1::GetAccountRequest request;
  request.set_name("sites/ann");
  EXPECT_THAT(admin().GetAccount(operator_, request),
              HasReason(reason::kInvalidField));
}

TEST_F(AccountAdminTest, ListsTheTenantsAccounts) {
  ASSERT_OK(admin().CreateAccount(client_, NewAccount("bob")));
  ASSERT_OK(admin().CreateAccount(client_, NewAccount("ann")));
  ASSERT_OK(admin().CreateAccount(rpc::TestCaller("client/other/app"),
                                  NewAccount("eve")));
  ASSERT_OK_AND_ASSIGN(const auto list, admin().ListAccounts(operator_, {}));
  ASSERT_EQ(list.accounts_size(), 2);
  EXPECT_EQ(list.accounts(0).name(), "accounts/ann");
  EXPECT_EQ(list.accounts(1).name(), "accounts/bob");
}

TEST_F(AccountAdminTest, MakesASite) {
  ASSERT_OK(admin().CreateAccount(client_, NewAccount("ann")));
  ASSERT_OK_AND_ASSIGN(const auto made,
                       admin().CreateSite(operator_, NewSite("home", "ann")));
  EXPECT_EQ(made.site().name(), "sites/home");
  EXPECT_EQ(made.site().owner(), "ann");
  v1::GetSiteRequest request;
  request.set_name("sites/home");
  ASSERT_OK_AND_ASSIGN(const auto found, admin().GetSite(client_, request));
  EXPECT_EQ(found.site().SerializeAsString(), made.site().SerializeAsString());
}

TEST_F(AccountAdminTest, RefusesASiteOfNobody) {
  EXPECT_THAT(admin().CreateSite(operator_, NewSite("home", "ann")),
              HasReason(reason::kResourceUnknown));
  EXPECT_THAT(admin().CreateSite(operator_, NewSite("home", "")),
              HasReason(reason::kInvalidField));
}

TEST_F(AccountAdminTest, RefusesASiteThatExists) {
  ASSERT_OK(admin().CreateAccount(client_, NewAccount("ann")));
  ASSERT_OK(admin().CreateSite(operator_, NewSite("home", "ann")));
  EXPECT_THAT(admin().CreateSite(operator_, NewSite("home", "ann")),
              HasReason(reason::kResourceExists));
}

TEST_F(AccountAdminTest, AnotherTenantsSiteIsUnknown) {
  ASSERT_OK(admin().CreateAccount(client_, NewAccount("ann")));
  ASSERT_OK(admin().CreateSite(operator_, NewSite("home", "ann")));
  v1::GetSiteRequest request;
  request.set_name("sites/home");
  EXPECT_THAT(admin().GetSite(stranger_, request),
              HasReason(reason::kResourceUnknown));
}

TEST_F(AccountAdminTest, ListsTheSitesOfAnOwner) {
  ASSERT_OK(admin().CreateAccount(client_, NewAccount("ann")));
  ASSERT_OK(admin().CreateAccount(client_, NewAccount("bob")));
  ASSERT_OK(admin().CreateSite(operator_, NewSite("s1", "ann")));
  ASSERT_OK(admin().CreateSite(operator_, NewSite("s2", "bob")));
  v1::ListSitesRequest request;
  request.set_owner("bob");
  ASSERT_OK_AND_ASSIGN(const auto list, admin().ListSites(client_, request));
  ASSERT_EQ(list.sites_size(), 1);
  EXPECT_EQ(list.sites(0).name(), "sites/s2");
}

TEST_F(AccountAdminTest, NothingIsMadeWithTheStoreAway) {
  store_.SetAway(true);
  EXPECT_THAT(admin().CreateAccount(client_, NewAccount("ann")),
              HasReason(reason::kStoreUnavailable));
}

}  // namespace
}  // namespace u2fi::device_registry
