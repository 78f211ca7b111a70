from world import answer, flask, keys  # isort: split

flask()
import uploads

for key in keys():
    uploads.register(key, 1000)
    answer(key in uploads._uploads)
