#include "services/command-gate/secret_fields.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "services/common/crypto/encoding.h"
#include "services/common/status/error.h"
#include "services/common/status/status_matchers.h"

namespace u2fi::command_gate {
namespace {

absl::Status Check(const std::string& arguments) {
  google::protobuf::RepeatedPtrField<std::string> fields;
  *fields.Add() = "wifi.password";
  *fields.Add() = "pin";
  return CheckSecretFields(arguments, fields);
}

std::string Sealed(size_t bytes = 82) {
  return absl::StrCat(R"({"sealed":")",
                      crypto::Base64Url(std::string(bytes, 's')), R"("})");
}

TEST(SecretFieldsTest, WhatIsNotSecretMayBePlain) {
  for (const char* good :
       {"", "{}", "3", R"({"ssid":"home","wifi":{"channel":6}})",
        R"({"password":"not this one","wifi":{"pin":1}})"}) {
    EXPECT_OK(Check(good)) << good;
  }
}

TEST(SecretFieldsTest, ASealedSecretIsGood) {
  EXPECT_OK(Check(absl::StrCat(R"({"pin":)", Sealed(),
                               R"(,"wifi":{"password":)", Sealed(100), "}}")));
}

TEST(SecretFieldsTest, APlainOneIsRefused) {
  const absl::Status status = Check(R"({"wifi":{"password":"hunter2"}})");
  EXPECT_THAT(status, HasReason(reason::kPlainSecret));
  EXPECT_EQ(MetadataOf(status)["field"], "wifi.password");
}

TEST(SecretFieldsTest, WhateverItsType) {
  for (const char* value : {"1", "1.5", "-1", "true", "null", R"(["a"])",
                            R"({"x":"a"})", R"([{"sealed":1}])"}) {
    EXPECT_THAT(Check(absl::StrCat(R"({"pin":)", value, "}")),
                HasReason(reason::kPlainSecret))
        << value;
  }
}

TEST(SecretFieldsTest, ASealOfTheWrongFormIsNone) {
  for (const std::string& value :
       {std::string(R"({"sealed":"hunter2"})"), Sealed(81),
        std::string(R"({"sealed":"not base64!"})")}) {
    EXPECT_THAT(Check(absl::StrCat(R"({"pin":)", value, "}")),
                HasReason(reason::kPlainSecret))
        << value;
  }
}

TEST(SecretFieldsTest, EveryOccurrenceCounts) {
  for (const std::string& arguments :
       {absl::StrCat(R"({"pin":"1","pin":)", Sealed(), "}"),
        absl::StrCat(R"({"pin":)", Sealed(), R"(,"pin":"1"})"),
        std::string(R"({"p\u0069n":"1"})"),
        std::string(R"({"wifi":[{"password":"a"}]})"),
        std::string(R"([{"pin":"1"}])"),
        std::string(R"({"wifi.password":"a"})")}) {
    EXPECT_THAT(Check(arguments), HasReason(reason::kPlainSecret)) << arguments;
  }
}

}  // namespace
}  // namespace u2fi::command_gate
