from world import answer, flask, keys  # isort: split

request = flask()
import otp
import web

for key in keys():
    request.form |= {"phone": key, "code": "wrong"}
    answer((web.send(), web.verify(), otp.codes.is_valid(key, otp.codes._codes[key][0])))
