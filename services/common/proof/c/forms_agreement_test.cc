// The C kit and the C++ reader take the same commands, statements, pin sets and
// rules for good, field by field and at every bound.
#include <vector>

#include "absl/strings/str_cat.h"
#include "services/common/proof/c/fake_kit.h"
#include "services/common/proof/command.h"
#include "services/common/proof/fake_pins_forms.h"
#include "services/common/proof/fake_site.h"
#include "services/common/proof/rules.h"
#include "services/common/proof/statement.h"
#include "services/common/proof/strict.h"
#include "services/common/status/status_matchers.h"

namespace u2fi::proof {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

// What is put into each string or bytes field in turn.
std::vector<std::string> Texts() {
  std::vector<std::string> texts = {
      "",          "a",           "-a",        "a-",    "A",      "a.b",
      ".a",        "a_b",         "_",         "-",     "1",      "u2fi.x",
      "u2fi.pins", "u2fi.unbind", "a b",       "uri a", " a",     "uri  a",
      "uri a b",   "uri",         "uri\x7f a", "{}",    "uri -a", "u2fi",
      "u2fi.",     "\xc3\xa4 a",  "a\n",
  };
  for (const size_t size : {25, 26, 27, 31, 32, 33, 64, 65}) {
    texts.push_back(std::string(size, 'a'));
  }
  for (const char last : {'b', 'e', 'y', '4', '2', 'z'}) {
    texts.push_back(std::string(25, 'a') + last);
  }
  texts.push_back(std::string(32, 'g'));
  texts.push_back(std::string(2048, 'x'));
  texts.push_back(std::string(2049, 'x'));
  texts.push_back(std::string(510, 'u') + " a");
  texts.push_back(std::string(511, 'u') + " a");
  return texts;
}

constexpr uint64_t kNumbers[] = {
    0,  1,  2,  3,  4,  5,   6,    7,    8,          9,
    10, 11, 12, 13, 64, 999, 1000, 1001, 0x7fffffff, ~uint64_t{0}};

// Calls `visit` with `message` changed in one field, in every way.
template <typename T, typename Visit>
void EachChange(const T& message, Visit visit) {
  const Reflection& reflection = *message.GetReflection();
  for (int i = 0; i < T::descriptor()->field_count(); ++i) {
    const FieldDescriptor* const field = T::descriptor()->field(i);
    T changed = message;
    if (field->cpp_type() == FieldDescriptor::CPPTYPE_STRING) {
      for (const std::string& text : Texts()) {
        reflection.SetString(&changed, field, text);
        visit(changed);
      }
    }
    for (const uint64_t number : kNumbers) {
      switch (field->cpp_type()) {
        case FieldDescriptor::CPPTYPE_UINT64:
          reflection.SetUInt64(&changed, field, number);
          break;
        case FieldDescriptor::CPPTYPE_UINT32:
          reflection.SetUInt32(&changed, field, static_cast<uint32_t>(number));
          break;
        case FieldDescriptor::CPPTYPE_ENUM:
          reflection.SetEnumValue(&changed, field,
                                  static_cast<int>(number & 0x7fffffff));
          break;
        default:
          continue;
      }
      visit(changed);
    }
  }
}

TEST(FormsAgreementTest, CommandsAreReadAlike) {
  const FakeSite site;
  int good = 0;
  EachChange(site.Command("door.unlock"), [&](const v1::Command& command) {
    const std::string bytes = Encode(command);
    const bool ok = ParseCommand(bytes).ok();
    EXPECT_EQ(KitParsesCommand(bytes), ok) << command.ShortDebugString();
    good += ok;
  });
  EXPECT_GE(good, 50);
}

// One that is for no batch is a statement, and in no proof.
bool IsForABatch(const std::string& bytes) {
  const auto statement = ParseStatement(bytes);
  return statement.ok() && UseOf(*statement) == StatementUse::kApproval;
}

TEST(FormsAgreementTest, StatementsAreReadAlike) {
  const FakeSite site;
  FakeToken token("tok-1", "alice");
  v1::AuthorizationStatement on_device =
      site.Statement(v1::PURPOSE_COMMAND, {&token, &site.gw1});
  on_device.set_batch_root(std::string(32, 'r'));
  on_device.set_batch_size(1);
  v1::AuthorizationStatement on_account = on_device;
  on_account.set_purpose(v1::PURPOSE_TOKEN);
  on_account.clear_site();
  on_account.clear_pins_revision();
  int good = 0;
  for (const v1::AuthorizationStatement& statement : {on_device, on_account}) {
    EXPECT_TRUE(IsForABatch(Encode(statement)));
    EachChange(statement, [&](const v1::AuthorizationStatement& changed) {
      const std::string bytes = Encode(changed);
      const bool ok = IsForABatch(bytes);
      EXPECT_EQ(KitParsesStatement(bytes), ok) << changed.ShortDebugString();
      good += ok;
    });
    for (const uint32_t level : {1, 2, 3, 255, 256}) {
      v1::AuthorizationStatement changed = statement;
      changed.mutable_required()->set_level(level);
      EXPECT_EQ(KitParsesStatement(Encode(changed)), level <= 2) << level;
    }
  }
  EXPECT_GE(good, 100);
}

TEST(FormsAgreementTest, PinSetsAreGoodOrNotInBoth) {
  for (const FakePinsForm& form : AllPinsForms()) {
    const FakeSite site;
    v1::PinSet pins = site.FirstPins();
    form.change(site, pins);
    const std::string bytes = Encode(pins);
    EXPECT_EQ(PinSet::Parse(bytes).ok(), form.good) << form.name;
    EXPECT_EQ(KitParsesPins(bytes), form.good) << form.name;
  }
}

// A rule, and all that differ from it in one or two fields.
std::vector<v1::Rule> Rules() {
  std::vector<v1::Rule> rules = {FreeRule(), ForbiddenRule()};
  void (*const changes[])(v1::Rule&) = {
      [](v1::Rule&) {},
      [](v1::Rule& rule) { rule.set_approvals(3); },
      [](v1::Rule& rule) { rule.set_distinct_gateways(true); },
      [](v1::Rule& rule) { rule.set_distinct_sites(true); },
      [](v1::Rule& rule) { rule.set_uv(true); },
      [](v1::Rule& rule) { rule.set_level(1); },
      [](v1::Rule& rule) { rule.set_roles(v1::KEY_ROLE_OWNER); },
      [](v1::Rule& rule) { rule.set_roles(v1::KEY_ROLE_APPROVER); },
      [](v1::Rule& rule) { rule.set_browser_ok(true); },
      [](v1::Rule& rule) { rule.set_lessee(true); },
  };
  for (const auto first : changes) {
    for (const auto second : changes) {
      rules.push_back(QuorumRule(2));
      first(rules.back());
      second(rules.back());
    }
  }
  return rules;
}

TEST(FormsAgreementTest, RulesAreComparedAlike) {
  const std::vector<v1::Rule> rules = Rules();
  for (const v1::Rule& a : rules) {
    for (const v1::Rule& b : rules) {
      ASSERT_EQ(KitIsAtLeastAsStrict(a, b), IsAtLeastAsStrict(a, b))
          << a.ShortDebugString() << " | " << b.ShortDebugString();
    }
  }
}

}  // namespace
}  // namespace u2fi::proof
