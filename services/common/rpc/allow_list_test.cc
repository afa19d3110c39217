#include "services/common/rpc/allow_list.h"

#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "google/protobuf/descriptor.pb.h"
#include "services/common/rpc/test_caller.h"
#include "services/common/status/status_matchers.h"
#include "u2fi/common/v1/options.pb.h"

namespace u2fi::rpc {
namespace {

using common::v1::AllowedCallers;

constexpr char kPath[] = "/test.Echo/Say";

// A service test.Echo with the method Say.
class AllowListTest : public testing::Test {
 protected:
  AllowListTest() {
    file_.set_name("echo.proto");
    file_.set_package("test");
    file_.set_syntax("proto3");
    file_.add_message_type()->set_name("Message");
    google::protobuf::ServiceDescriptorProto* service = file_.add_service();
    service->set_name("Echo");
    method_ = service->add_method();
    method_->set_name("Say");
    method_->set_input_type(".test.Message");
    method_->set_output_type(".test.Message");
  }

  AllowedCallers& Callers() {
    return *method_->mutable_options()->MutableExtension(common::v1::callers);
  }
  const google::protobuf::ServiceDescriptor& Build() {
    return *pool_.BuildFile(file_)->service(0);
  }
  // What adding the service says.
  absl::Status Add() { return list_.AddService(Build()); }

  google::protobuf::DescriptorPool pool_;
  google::protobuf::FileDescriptorProto file_;
  google::protobuf::MethodDescriptorProto* method_;
  AllowList list_;
};

TEST_F(AllowListTest, AllowsTheRolesOfTheOption) {
  Callers().add_roles(common::v1::ROLE_CLIENT);
  Callers().add_roles(common::v1::ROLE_GATEWAY);
  ASSERT_OK(Add());
  EXPECT_OK(list_.Check(kPath, TestCaller("client/t1/app")));
  EXPECT_OK(list_.Check(kPath, TestCaller("gateway/t1/s1/g1")));
}

TEST_F(AllowListTest, RefusesEveryOtherRole) {
  Callers().add_roles(common::v1::ROLE_CLIENT);
  ASSERT_OK(Add());
  for (const char* caller : {"gateway/t1/s1/g1", "operator/t1/ann",
                             "operator/-/root", "service/client", "local"}) {
    EXPECT_THAT(list_.Check(kPath, TestCaller(caller)),
                HasReason(reason::kCallerNotAllowed))
        << caller;
  }
}

TEST_F(AllowListTest, AllowsOnlyTheNamedServices) {
  Callers().add_roles(common::v1::ROLE_SERVICE);
  Callers().add_services("command-gate");
  ASSERT_OK(Add());
  EXPECT_OK(list_.Check(kPath, TestCaller("service/command-gate")));
  EXPECT_THAT(list_.Check(kPath, TestCaller("service/portal")),
              HasReason(reason::kCallerNotAllowed));
}

TEST_F(AllowListTest, TellsPlatformOperatorsFromOthers) {
  Callers().add_roles(common::v1::ROLE_PLATFORM_OPERATOR);
  ASSERT_OK(Add());
  EXPECT_OK(list_.Check(kPath, TestCaller("operator/-/root")));
  EXPECT_THAT(list_.Check(kPath, TestCaller("operator/t1/root")),
              HasReason(reason::kCallerNotAllowed));
}

TEST_F(AllowListTest, AServiceIsNotAReplicaAndALocalCallerIsOne) {
  Callers().add_roles(common::v1::ROLE_REPLICA);
  Callers().add_roles(common::v1::ROLE_LOCAL);
  ASSERT_OK(Add());
  EXPECT_OK(list_.Check(kPath, TestCaller("local")));
  EXPECT_THAT(list_.Check(kPath, TestCaller("service/command-gate")),
              HasReason(reason::kCallerNotAllowed));
}

// Every role of the proto against every kind of caller.
TEST_F(AllowListTest, EachRoleAllowsItsOwnCallersAndNobodyElse) {
  const std::pair<common::v1::Role, const char*> table[] = {
      {common::v1::ROLE_SERVICE, "service/gate"},
      {common::v1::ROLE_GATEWAY, "gateway/t1/s1/g1"},
      {common::v1::ROLE_OPERATOR, "operator/t1/ann"},
      {common::v1::ROLE_PLATFORM_OPERATOR, "operator/-/root"},
      {common::v1::ROLE_CLIENT, "client/t1/app"},
      {common::v1::ROLE_LOCAL, "local"},
  };
  for (const auto& [role, allowed] : table) {
    AllowedCallers callers;
    callers.add_roles(role);
    if (role == common::v1::ROLE_SERVICE) callers.add_services("gate");
    Callers() = callers;
    file_.set_name(absl::StrCat("echo", role, ".proto"));
    file_.set_package(absl::StrCat("test", role));
    method_->set_input_type(absl::StrCat(".test", role, ".Message"));
    method_->set_output_type(method_->input_type());
    const CallerRule rule = *RuleOf(*Build().method(0));
    for (const auto& [other_role, caller] : table) {
      EXPECT_EQ(rule.Allows(TestCaller(caller)), other_role == role)
          << role << " " << caller;
    }
  }
}

TEST_F(AllowListTest, AMethodWithoutTheOptionIsAnError) {
  const absl::Status status = Add();
  EXPECT_THAT(status, HasReason(reason::kInternal));
  EXPECT_EQ(MetadataOf(status)["rpc"], "test.Echo.Say");
}

TEST_F(AllowListTest, AnOptionWithoutRolesIsAnError) {
  Callers().add_services("command-gate");
  EXPECT_THAT(Add(), HasReason(reason::kInternal));
}

TEST_F(AllowListTest, AnUnspecifiedRoleIsAnError) {
  Callers().add_roles(common::v1::ROLE_UNSPECIFIED);
  EXPECT_THAT(Add(), HasReason(reason::kInternal));
}

TEST_F(AllowListTest, ARoleFromTheFutureIsAnError) {
  Callers().add_roles(static_cast<common::v1::Role>(99));
  EXPECT_THAT(Add(), HasReason(reason::kInternal));
}

TEST_F(AllowListTest, TheServiceRoleWithoutNamesIsAnError) {
  Callers().add_roles(common::v1::ROLE_SERVICE);
  EXPECT_THAT(Add(), HasReason(reason::kInternal));
}

TEST_F(AllowListTest, NamesWithoutTheServiceRoleAreAnError) {
  Callers().add_roles(common::v1::ROLE_CLIENT);
  Callers().add_services("command-gate");
  EXPECT_THAT(Add(), HasReason(reason::kInternal));
}

TEST_F(AllowListTest, AServiceNameThatIsNoIdIsAnError) {
  Callers().add_roles(common::v1::ROLE_SERVICE);
  Callers().add_services("Command Gate");
  EXPECT_THAT(Add(), HasReason(reason::kInternal));
}

TEST_F(AllowListTest, TheSameServiceTwiceIsAnError) {
  Callers().add_roles(common::v1::ROLE_CLIENT);
  const auto& service = Build();
  ASSERT_OK(list_.AddService(service));
  EXPECT_THAT(list_.AddService(service), HasReason(reason::kInternal));
}

TEST_F(AllowListTest, APathThatIsNotListedIsNotThere) {
  EXPECT_THAT(list_.Check(kPath, TestCaller("client/t1/app")),
              HasReason(reason::kUnimplemented));
}

TEST_F(AllowListTest, TakesMethodsOfOthers) {
  ASSERT_OK(list_.Add("/x/Y", {{Role::kOperator}, {}}));
  EXPECT_OK(list_.Check("/x/Y", TestCaller("operator/t1/ann")));
  EXPECT_THAT(list_.Check("/x/Y", TestCaller("client/t1/ann")),
              HasReason(reason::kCallerNotAllowed));
}

}  // namespace
}  // namespace u2fi::rpc
