#include "services/common/proof/strict.h"

#include <fstream>
#include <map>

#include "nlohmann/json.hpp"
#include "services/common/crypto/encoding.h"
#include "services/common/status/status_matchers.h"
#include "u2fi/proof/v1/command.pb.h"
#include "u2fi/proof/v1/pin_set.pb.h"
#include "u2fi/proof/v1/proof.pb.h"
#include "u2fi/proof/v1/statement.pb.h"

namespace u2fi::proof {
namespace {

constexpr size_t kBound = 200;

// The rule that `bytes`, read as a Command, break.
std::string BrokenRule(const std::string& bytes) {
  const absl::Status status =
      Parse<v1::Command>(bytes, kBound, reason::kCommandFormat).status();
  if (status.ok()) return "none";
  EXPECT_THAT(status, HasReason(reason::kCommandFormat));
  return MetadataOf(status)["rule"];
}

// The same, for a PinSet.
std::string BrokenPinsRule(const std::string& bytes) {
  const absl::Status status =
      Parse<v1::PinSet>(bytes, kBound, reason::kPinSetFormat).status();
  return status.ok() ? "none" : MetadataOf(status)["rule"];
}

std::string Bytes(const std::string& hex) { return *crypto::FromHex(hex); }

v1::Command SmallCommand() {
  v1::Command command;
  command.set_format(1);
  command.set_index(300);
  command.set_device("lamp");
  command.set_sequence(1ull << 63);
  return command;
}

TEST(StrictTest, AMessageRoundTrips) {
  const std::string bytes = Encode(SmallCommand());
  ASSERT_OK_AND_ASSIGN(
      v1::Command parsed,
      Parse<v1::Command>(bytes, kBound, reason::kCommandFormat));
  EXPECT_EQ(parsed.index(), 300u);
  EXPECT_EQ(parsed.sequence(), 1ull << 63);
  EXPECT_EQ(Encode(parsed), bytes);
}

TEST(StrictTest, RepeatedFieldsMayOccurTwice) {
  v1::Proof proof;
  proof.add_path("a");
  proof.add_path("b");
  EXPECT_OK(Parse<v1::Proof>(Encode(proof), kBound, reason::kProofFormat));
}

TEST(StrictTest, TheBoundItselfIsAllowed) {
  const std::string bytes = Encode(SmallCommand());
  EXPECT_OK(Parse<v1::Command>(bytes, bytes.size(), reason::kCommandFormat));
  EXPECT_FALSE(
      Parse<v1::Command>(bytes, bytes.size() - 1, reason::kCommandFormat).ok());
}

TEST(StrictTest, IncompleteFieldsAreRefused) {
  EXPECT_EQ(BrokenRule(Bytes("08")), "TRUNCATED");
  EXPECT_EQ(BrokenRule(Bytes("0880")), "TRUNCATED");
  EXPECT_EQ(BrokenRule(Bytes("22056c616d70")), "TRUNCATED");
  EXPECT_EQ(BrokenRule(Bytes("0801"
                             "22ffffffffffffffff7f")),
            "TRUNCATED");
}

TEST(StrictTest, VarintsAreMinimalAndFit) {
  EXPECT_EQ(BrokenRule(Bytes("088100")), "VARINT");
  EXPECT_EQ(BrokenRule(Bytes("880001")), "VARINT") << "in a tag";
  EXPECT_EQ(BrokenRule(Bytes("2284006c616d70")), "VARINT") << "in a length";
  EXPECT_EQ(BrokenRule(Bytes("088080808010")), "VARINT") << "uint32";
  EXPECT_EQ(BrokenRule(Bytes("30ffffffffffffffffff02")), "VARINT");
  EXPECT_EQ(BrokenRule(Bytes("30ffffffffffffffffffff01")), "VARINT");
  EXPECT_EQ(BrokenRule(Bytes("30ffffffffffffffffff01")), "none") << "uint64";
}

TEST(StrictTest, ABoolIsOne) {
  EXPECT_EQ(BrokenPinsRule(Bytes("0801"
                                 "52022001")),
            "none");
  EXPECT_EQ(BrokenPinsRule(Bytes("0801"
                                 "52022002")),
            "VARINT");
}

TEST(StrictTest, UnknownFieldsAndWireTypesAreRefused) {
  EXPECT_EQ(BrokenRule(Bytes("4801")), "UNKNOWN") << "field 9";
  EXPECT_EQ(BrokenRule(Bytes("0001")), "UNKNOWN") << "field 0";
  EXPECT_EQ(BrokenRule(Bytes("0d01000000")), "UNKNOWN") << "fixed32";
  EXPECT_EQ(BrokenRule(Bytes("0b0c")), "UNKNOWN") << "group";
  EXPECT_EQ(BrokenRule(Bytes("0a0101")), "UNKNOWN") << "length for varint";
  EXPECT_EQ(BrokenRule(Bytes("2001")), "UNKNOWN") << "varint for length";
  EXPECT_EQ(BrokenRule(Bytes("f8ffffffffffffffff0101")), "UNKNOWN");
}

TEST(StrictTest, FieldsAscend) {
  EXPECT_EQ(BrokenRule(Bytes("18010801")), "ORDER");
  EXPECT_EQ(BrokenRule(Bytes("08010801")), "ORDER") << "twice";
}

TEST(StrictTest, DefaultsAreNotEncoded) {
  EXPECT_EQ(BrokenRule(Bytes("0800")), "DEFAULT");
  EXPECT_EQ(BrokenRule(Bytes("2200")), "DEFAULT");
  EXPECT_EQ(BrokenPinsRule(Bytes("08016a00")), "DEFAULT") << "sub-message";
}

TEST(StrictTest, RulesHoldInsideMessages) {
  EXPECT_EQ(BrokenPinsRule(Bytes("08016a021000")), "DEFAULT");
  EXPECT_EQ(BrokenPinsRule(Bytes("08016a0410010801")), "ORDER");
  EXPECT_EQ(BrokenPinsRule(Bytes("08016a027801")), "UNKNOWN");
}

TEST(StrictTest, StringsArePrintableAscii) {
  EXPECT_EQ(BrokenRule(Bytes("2201ff")), "CONTENT");
  EXPECT_EQ(BrokenRule(Bytes("2202c3a4")), "CONTENT");
  EXPECT_EQ(BrokenRule(Bytes("22010a")), "CONTENT");
  EXPECT_EQ(BrokenRule(Bytes("42010a")), "none") << "bytes are free";
}

// One file of wrong encodings for all who read signed bytes: this reader, the
// C kit and the auditor's script.
TEST(StrictTest, EverySharedNegativeCaseIsRefusedForItsRule) {
  std::ifstream file("tests/vectors/proof/strict_negative.json");
  const nlohmann::json corpus = nlohmann::json::parse(file);
  const std::map<std::string, const google::protobuf::Descriptor*> types = {
      {"Command", v1::Command::descriptor()},
      {"AuthorizationStatement", v1::AuthorizationStatement::descriptor()},
      {"PinSet", v1::PinSet::descriptor()},
      {"Proof", v1::Proof::descriptor()}};
  ASSERT_GE(corpus["cases"].size(), 60u);
  for (const nlohmann::json& entry : corpus["cases"]) {
    const std::string bytes = Bytes(entry["hex"]);
    const absl::Status status =
        CheckStrict(bytes, *types.at(entry["message"]), entry["bound"],
                    reason::kProofFormat);
    EXPECT_EQ(MetadataOf(status)["rule"], entry["rule"]) << entry;
  }
}

}  // namespace
}  // namespace u2fi::proof
