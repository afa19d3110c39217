#include "services/common/proof/command.h"

#include "services/common/proof/ids.h"
#include "services/common/proof/strict.h"
#include "services/common/status/status_matchers.h"
#include "u2fi/proof/v1/operations.pb.h"

namespace u2fi::proof {
namespace {

constexpr char kRequestId[] = "00112233445566778899aabbccddeeff";

v1::Command DeviceCommand() {
  v1::Command command;
  command.set_format(1);
  command.set_command_id(CommandId("acme", "uri alice", kRequestId, 0));
  command.set_device("lock-1");
  command.set_gateway("gw-1");
  command.set_sequence(7);
  command.set_operation("door.unlock");
  command.set_arguments("{}");
  return command;
}

v1::Command AccountCommand(const std::string& operation) {
  v1::Command command = DeviceCommand();
  command.set_device("account:alice");
  command.clear_gateway();
  command.clear_sequence();
  command.set_operation(operation);
  return command;
}

// The field at fault, or "" if the command is valid.
std::string WrongField(const v1::Command& command) {
  return MetadataOf(CheckCommand(command))["field"];
}

// Whether `arguments` suit `operation`.
absl::Status ArgumentsStatus(const std::string& operation,
                             const google::protobuf::Message& arguments) {
  v1::Command command = AccountCommand(operation);
  command.set_arguments(Encode(arguments));
  return CheckArguments(command);
}

TEST(CommandTest, ACommandRoundTrips) {
  ASSERT_OK_AND_ASSIGN(const std::string bytes, EncodeCommand(DeviceCommand()));
  ASSERT_OK_AND_ASSIGN(const v1::Command parsed, ParseCommand(bytes));
  EXPECT_EQ(parsed.SerializeAsString(), bytes);
}

TEST(CommandTest, EmptyArgumentsAreFine) {
  v1::Command command = DeviceCommand();
  command.clear_arguments();
  EXPECT_OK(EncodeCommand(command));
}

TEST(CommandTest, AnActOnAnAccountHasNeitherGatewayNorSequence) {
  EXPECT_OK(CheckCommand(AccountCommand("u2fi.enrol")));
  v1::Command with_gateway = AccountCommand("u2fi.enrol");
  with_gateway.set_gateway("gw-1");
  EXPECT_EQ(WrongField(with_gateway), "gateway");
  v1::Command with_sequence = AccountCommand("u2fi.enrol");
  with_sequence.set_sequence(1);
  EXPECT_EQ(WrongField(with_sequence), "sequence");
}

TEST(CommandTest, ADeviceCommandHasBoth) {
  v1::Command no_gateway = DeviceCommand();
  no_gateway.clear_gateway();
  EXPECT_EQ(WrongField(no_gateway), "gateway");
  v1::Command no_sequence = DeviceCommand();
  no_sequence.clear_sequence();
  EXPECT_EQ(WrongField(no_sequence), "sequence");
}

TEST(CommandTest, OperationAndTargetMustFit) {
  EXPECT_EQ(WrongField(AccountCommand("door.unlock")), "operation");
  EXPECT_EQ(WrongField(AccountCommand("u2fi.pins")), "operation");
  v1::Command command = DeviceCommand();
  command.set_operation("u2fi.enrol");
  EXPECT_EQ(WrongField(command), "operation");
}

TEST(CommandTest, OtherFormatsAreRefused) {
  v1::Command command = DeviceCommand();
  command.set_format(2);
  EXPECT_EQ(WrongField(command), "format");
  command.clear_format();
  EXPECT_EQ(WrongField(command), "format");
}

TEST(CommandTest, TheIndexIsBelow1000) {
  v1::Command command = DeviceCommand();
  command.set_index(999);
  EXPECT_EQ(WrongField(command), "");
  command.set_index(1000);
  EXPECT_EQ(WrongField(command), "index");
}

TEST(CommandTest, IdsAreCanonical) {
  v1::Command command = DeviceCommand();
  command.set_device("Lock-1");
  EXPECT_EQ(WrongField(command), "device");
  command = DeviceCommand();
  command.set_command_id("x");
  EXPECT_EQ(WrongField(command), "command_id");
  command = DeviceCommand();
  command.set_operation("Door");
  EXPECT_EQ(WrongField(command), "operation");
}

TEST(CommandTest, UnknownReservedOperationsAreRefused) {
  v1::Command command = DeviceCommand();
  command.set_operation("u2fi.open");
  EXPECT_THAT(CheckCommand(command), HasReason(reason::kOperationUnknown));
}

TEST(CommandTest, ArgumentsHaveAtMost2048Bytes) {
  v1::Command command = DeviceCommand();
  command.set_arguments(std::string(2048, 'x'));
  EXPECT_OK(EncodeCommand(command));
  command.set_arguments(std::string(2049, 'x'));
  EXPECT_EQ(WrongField(command), "arguments");
}

TEST(CommandTest, BytesOutsideTheStrictProfileAreRefused) {
  ASSERT_OK_AND_ASSIGN(const std::string bytes, EncodeCommand(DeviceCommand()));
  EXPECT_THAT(ParseCommand(bytes + bytes), HasReason(reason::kCommandFormat));
  EXPECT_THAT(ParseCommand(""), HasReason(reason::kCommandFormat));
  EXPECT_THAT(ParseCommand(std::string(4097, 'x')),
              HasReason(reason::kCommandFormat));
}

TEST(CommandTest, NothingWrongIsEncoded) {
  v1::Command command = DeviceCommand();
  command.set_device("Lock-1");
  EXPECT_THAT(EncodeCommand(command), HasReason(reason::kCommandFormat));
}

TEST(CommandArgumentsTest, ThoseOfDeviceOperationsAreNotRead) {
  EXPECT_OK(CheckArguments(DeviceCommand()));
}

TEST(CommandArgumentsTest, EnrolHasTokenAndDigest) {
  v1::EnrolArguments arguments;
  arguments.set_format(1);
  arguments.set_token_id("tok-1");
  arguments.set_registration_digest(std::string(32, 'd'));
  EXPECT_OK(ArgumentsStatus("u2fi.enrol", arguments));
  arguments.set_level(3);
  EXPECT_THAT(ArgumentsStatus("u2fi.enrol", arguments),
              HasReason(reason::kArgumentsFormat));
  arguments.clear_level();
  arguments.set_registration_digest("short");
  EXPECT_FALSE(ArgumentsStatus("u2fi.enrol", arguments).ok());
}

TEST(CommandArgumentsTest, TokenOperationsNameOneToken) {
  v1::TokenArguments arguments;
  arguments.set_format(1);
  EXPECT_FALSE(ArgumentsStatus("u2fi.token.revoke", arguments).ok());
  arguments.set_token_id("tok-1");
  EXPECT_OK(ArgumentsStatus("u2fi.token.revoke", arguments));
  EXPECT_OK(ArgumentsStatus("u2fi.token.recover", arguments));
}

TEST(CommandArgumentsTest, AccountGatewaysAscend) {
  v1::AccountGatewaysArguments arguments;
  arguments.set_format(1);
  EXPECT_FALSE(ArgumentsStatus("u2fi.account.gateways", arguments).ok());
  for (const char* id : {"gw-1", "gw-2"}) {
    v1::AccountGateway& gateway = *arguments.add_gateways();
    gateway.set_id(id);
    gateway.set_channel_key(std::string(32, 'k'));
  }
  EXPECT_OK(ArgumentsStatus("u2fi.account.gateways", arguments));
  const v1::AccountGatewaysArguments good = arguments;
  arguments.mutable_gateways()->SwapElements(0, 1);
  EXPECT_FALSE(ArgumentsStatus("u2fi.account.gateways", arguments).ok());
  arguments = good;
  *arguments.add_gateways() = good.gateways(1);
  EXPECT_FALSE(ArgumentsStatus("u2fi.account.gateways", arguments).ok());
  arguments = good;
  arguments.mutable_gateways(0)->set_id("GW");
  EXPECT_FALSE(ArgumentsStatus("u2fi.account.gateways", arguments).ok());
  arguments = good;
  arguments.mutable_gateways(0)->mutable_channel_key()->pop_back();
  EXPECT_FALSE(ArgumentsStatus("u2fi.account.gateways", arguments).ok());
  arguments = good;
  arguments.mutable_gateways()->RemoveLast();
  EXPECT_OK(ArgumentsStatus("u2fi.account.gateways", arguments));
  arguments.set_format(2);
  EXPECT_FALSE(ArgumentsStatus("u2fi.account.gateways", arguments).ok());
  arguments = good;
  arguments.set_previous("short");
  EXPECT_FALSE(ArgumentsStatus("u2fi.account.gateways", arguments).ok());
  arguments.set_previous(std::string(32, 'p'));
  EXPECT_OK(ArgumentsStatus("u2fi.account.gateways", arguments));
}

TEST(CommandArgumentsTest, AccountGatewaysAreAtMost16) {
  v1::AccountGatewaysArguments arguments;
  arguments.set_format(1);
  for (char c = 'a'; c < 'a' + 16; ++c) {
    v1::AccountGateway& gateway = *arguments.add_gateways();
    gateway.set_id(std::string(1, c));
    gateway.set_channel_key(std::string(32, 'k'));
  }
  EXPECT_OK(ArgumentsStatus("u2fi.account.gateways", arguments));
  *arguments.add_gateways() = arguments.gateways(0);
  arguments.mutable_gateways(16)->set_id("z");
  EXPECT_FALSE(ArgumentsStatus("u2fi.account.gateways", arguments).ok());
}

TEST(CommandArgumentsTest, PolicyRulesAscendAndAreThere) {
  v1::AccountPolicyArguments arguments;
  arguments.set_format(1);
  v1::OperationRule& rule = *arguments.add_rules();
  rule.set_operation("door.unlock");
  EXPECT_FALSE(ArgumentsStatus("u2fi.account.policy", arguments).ok());
  rule.mutable_rule()->set_kind(v1::RULE_KIND_FORBIDDEN);
  EXPECT_OK(ArgumentsStatus("u2fi.account.policy", arguments));
  *arguments.add_rules() = rule;
  EXPECT_FALSE(ArgumentsStatus("u2fi.account.policy", arguments).ok());
  arguments.mutable_rules()->RemoveLast();
  arguments.mutable_rules(0)->set_operation("Door");
  EXPECT_FALSE(ArgumentsStatus("u2fi.account.policy", arguments).ok());
  const v1::OperationRule good = rule;
  arguments.clear_rules();
  arguments.set_format(2);
  EXPECT_FALSE(ArgumentsStatus("u2fi.account.policy", arguments).ok());
  arguments.set_format(1);
  for (char c = 'a'; c < 'a' + 24; ++c) {
    *arguments.add_rules() = good;
    arguments.mutable_rules()->rbegin()->set_operation(std::string(1, c));
  }
  EXPECT_OK(ArgumentsStatus("u2fi.account.policy", arguments));
  *arguments.add_rules() = good;
  arguments.mutable_rules()->rbegin()->set_operation("z");
  EXPECT_FALSE(ArgumentsStatus("u2fi.account.policy", arguments).ok());
}

TEST(CommandArgumentsTest, AGatewayKeyIsAPoint) {
  v1::GatewayKeyArguments arguments;
  arguments.set_format(1);
  arguments.set_gateway("gw-1");
  arguments.set_old_channel_key(std::string(32, 'k'));
  arguments.set_new_point(std::string(65, 'p'));
  EXPECT_OK(ArgumentsStatus("u2fi.gateway.key", arguments));
  arguments.set_new_point(std::string(64, 'p'));
  EXPECT_FALSE(ArgumentsStatus("u2fi.gateway.key", arguments).ok());
}

TEST(CommandArgumentsTest, APolicyChangeNamesWhatBecomesLooserAscending) {
  v1::PolicyChangeArguments arguments;
  arguments.set_format(1);
  arguments.set_resource("policy");
  arguments.set_change(std::string(32, 'c'));
  EXPECT_FALSE(ArgumentsStatus("u2fi.policy", arguments).ok());
  arguments.add_looser("door.open=touch");
  EXPECT_OK(ArgumentsStatus("u2fi.policy", arguments));
  arguments.add_looser("door.open=touch");
  EXPECT_FALSE(ArgumentsStatus("u2fi.policy", arguments).ok());
  arguments.set_looser(1, "open");
  EXPECT_OK(ArgumentsStatus("u2fi.policy", arguments));
  v1::PolicyChangeArguments other = arguments;
  other.set_format(2);
  EXPECT_FALSE(ArgumentsStatus("u2fi.policy", other).ok());
  v1::PolicyChangeArguments nothing = arguments;
  nothing.clear_resource();
  EXPECT_FALSE(ArgumentsStatus("u2fi.policy", nothing).ok());
  arguments.set_change("short");
  EXPECT_FALSE(ArgumentsStatus("u2fi.policy", arguments).ok());
}

TEST(CommandArgumentsTest, APolicyChangeNamesAtMost16) {
  v1::PolicyChangeArguments arguments;
  arguments.set_format(1);
  arguments.set_resource("policy");
  arguments.set_change(std::string(32, 'c'));
  for (char c = 'a'; c < 'a' + 16; ++c) arguments.add_looser(&c, 1);
  EXPECT_OK(ArgumentsStatus("u2fi.policy", arguments));
  arguments.add_looser("z");
  EXPECT_FALSE(ArgumentsStatus("u2fi.policy", arguments).ok());
}

TEST(CommandArgumentsTest, GrantAndUnbindHaveDigests) {
  v1::GrantArguments grant;
  grant.set_format(1);
  grant.set_grant_header_hash(std::string(32, 'h'));
  EXPECT_FALSE(ArgumentsStatus("u2fi.grant", grant).ok());
  grant.set_ssid_hash(std::string(32, 's'));
  EXPECT_OK(ArgumentsStatus("u2fi.grant", grant));
  v1::UnbindArguments unbind;
  unbind.set_format(1);
  EXPECT_FALSE(ArgumentsStatus("u2fi.unbind", unbind).ok());
  unbind.set_pins_hash(std::string(32, 'h'));
  EXPECT_OK(ArgumentsStatus("u2fi.unbind", unbind));
}

TEST(CommandArgumentsTest, OtherBytesAreRefused) {
  v1::Command command = AccountCommand("u2fi.token.revoke");
  command.set_arguments("{}");
  EXPECT_THAT(CheckArguments(command), HasReason(reason::kArgumentsFormat));
}

}  // namespace
}  // namespace u2fi::proof
